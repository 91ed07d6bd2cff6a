# fish completion for labnet: labnet completion fish | source
function __labnet_complete
  set -l typed (commandline -opc)
  set -l word (commandline -ct)
  # Each line is a word, a tab and what it is; the last line begins with a colon.
  set -l offered (labnet complete -- $typed[2..-1] "$word" 2>/dev/null | string match -rv '^:')
  # Where labnet knows of nothing, files are offered.
  if set -q offered[1]
    printf '%s\n' $offered
  else
    __fish_complete_path "$word"
  end
end
complete -c labnet -f -a '(__labnet_complete)'
