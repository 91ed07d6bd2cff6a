# A Vagrantfile that adds a command: `vagrant validate-all [--ignore-provider] FOLDER…` runs `vagrant validate` in each
# folder, in one process, as vagrant takes seconds to start. Prints `FOLDER: CODE` below what each has said.

class ValidateAll < Vagrant.plugin('2', :command)
  def execute
    options, folders = @argv.partition { |one| one.start_with?('-') }
    codes = folders.map do |folder|
      code = validate(folder, options)
      puts "#{folder}: #{code}"
      code
    end
    codes.max || 0
  end

  def validate(folder, options)
    env = Vagrant::Environment.new(cwd: folder, ui_class: @env.ui_class)
    env.cli(['validate', *options])
  rescue Vagrant::Errors::VagrantError => error
    puts error.message
    error.status_code
  ensure
    env&.unload
  end
end

class ValidateAllPlugin < Vagrant.plugin('2')
  name 'validate-all'
  command('validate-all') { ValidateAll }
end
