# bash completion for labnet: source <(labnet completion bash)
_labnet() {
  local line word=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  # Each line is a word, a tab and what it is; the last line begins with a colon.
  while IFS= read -r line; do
    line=${line%%$'\t'*}
    [[ $line == :* || $line != "$word"* ]] || COMPREPLY+=("$(printf '%q' "$line")")
  done < <(labnet complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
# Where labnet knows of nothing, files are offered.
complete -o default -F _labnet labnet
