# Evaluates Vagrantfiles as vagrant would, but writes down what they ask for instead of doing it:
#
#   ruby vagrantfile.rb FILE...      a line of JSON for each: what was called, and what Ruby itself was asked to run
require 'json'

# Takes every call, as the objects of Vagrant's configuration do. PATH says what it is an object of.
class Recorder < BasicObject
  def initialize(calls, path)
    @calls = calls
    @path = path
  end

  def method_missing(name, *arguments, **keywords, &block)
    arguments << keywords unless keywords.empty?
    return ::Recorder.new(@calls, [*@path, name]) if arguments.empty? && !block
    @calls << { at: @path, call: name, arguments: arguments }
    block&.call(::Recorder.new(@calls, [*@path, *arguments]))
  end

  def respond_to_missing?(*) = true
end

module Vagrant
  class << self
    attr_accessor :calls
    def configure(version) = yield(Recorder.new(calls, []))
  end
end

# Whatever would start a program, or make code of text.
FORBIDDEN = %i[` system exec spawn fork popen syscall eval instance_eval class_eval module_eval binding open load send
               instance_exec define_method instance_variable_set write].freeze

ARGV.each do |file|
  text = File.read(file)
  calls = Vagrant.calls = []
  forbidden = []
  trace = TracePoint.new(:c_call, :call) { |at| forbidden << at.method_id if FORBIDDEN.include?(at.method_id) && at.path == file }
  code = RubyVM::InstructionSequence.compile(text, file)
  trace.enable { code.eval }
  puts JSON.generate(calls: calls, forbidden: forbidden)
rescue ScriptError, StandardError => e
  puts JSON.generate(error: e.message)
end
