import { UsageError } from './errors.js';

// What was typed is passed as words, never evaluated.
const scripts: Readonly<Record<string, string>> = {
  // Readline breaks words at = and : too; the line is split at blanks, and what Readline keeps is cut off again.
  bash: `_vault_mcp() {
  local line=\${COMP_LINE:0:COMP_POINT} candidate kept
  local -a typed
  read -ra typed <<<"$line"
  [[ $line == *[[:blank:]] ]] && typed+=('')
  kept=\${typed[-1]%"\${COMP_WORDS[COMP_CWORD]#[=:]}"}
  [[ \${COMP_WORDS[COMP_CWORD]} == [=:] ]] && kept=\${typed[-1]}
  COMPREPLY=()
  while IFS= read -r candidate; do
    case $candidate in
      :files) compopt -o default ;;
      :folders) compopt -o dirnames ;;
      ?*) candidate=\${candidate%%$'\\t'*}; COMPREPLY+=("\${candidate#"$kept"}") ;;
    esac
  done < <("\${typed[0]/#~\\//$HOME/}" complete -- "\${typed[@]:1}" 2>/dev/null)
}
complete -F _vault_mcp vault-mcp`,
  zsh: `#compdef vault-mcp
_vault_mcp() {
  local line
  local -a candidates
  for line in "\${(@f)$(\${(Q)words[1]/#\\~\\//$HOME/} complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :files) compset -P '--*='; _files; return ;;
      :folders) compset -P '--*='; _files -/; return ;;
      ?*) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  _describe 'vault-mcp' candidates
}
if [[ $funcstack[1] == _vault-mcp ]]; then _vault_mcp "$@"; else compdef _vault_mcp vault-mcp; fi`,
  fish: `function __vault_mcp
  set -l typed (commandline -opc) (commandline -ct)
  set -l kept (string match -r -- '^--[^=]*=' $typed[-1])
  for line in ($typed[1] complete -- $typed[2..-1] 2>/dev/null)
    switch $line
      case :files
        __fish_complete_path (string replace -- "$kept" '' $typed[-1]) | string replace -r '^' -- "$kept"
      case :folders
        __fish_complete_directories (string replace -- "$kept" '' $typed[-1]) | string replace -r '^' -- "$kept"
      case '*'
        echo $line
    end
  end
end
complete -c vault-mcp -f -a '(__vault_mcp)'`,
};

export const shells: readonly string[] = Object.keys(scripts);

/** Returns the completion script of `shell`; throws UsageError for one that is not known. */
export function completionScript(shell: string): string {
  const script = scripts[shell];
  if (script !== undefined) return script;
  throw new UsageError(`no completion for ${JSON.stringify(shell)}`, `choose one of ${shells.join(', ')}`);
}
