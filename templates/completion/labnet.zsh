#compdef labnet
# zsh completion for labnet: source <(labnet completion zsh)
_labnet() {
  local -a offered
  local line
  # Each line is a word, a tab and what it is; the last line begins with a colon.
  for line in "${(@f)$(labnet complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line || $line == :* ]] || offered+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  # Where labnet knows of nothing, files are offered.
  if (( $#offered )); then _describe labnet offered; else _files; fi
}
compdef _labnet labnet
