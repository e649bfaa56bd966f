/** What a shell offers at the end of a line, from a completion file of pkgpanda: the real shell, asked without a terminal of ours. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Shell {
  readonly name: 'bash' | 'zsh' | 'fish'
  /** Lines → the candidates for each, sorted, as the shell would put them on the line. `path` is the PATH. */
  candidates(file: string, lines: readonly string[], environment: Record<string, string>): string[][]
}

const SHELL_TIMEOUT_MS = 60_000
/** Stands before each line's candidates. */
const MARK = '@@@'

/** COMP_WORDS is taken apart as readline does it. The file under test reads the line instead, and must not care. */
const BASH_DRIVER = `
set -u
file=$1; shift
# shellcheck disable=SC1090
. "$file"
for line in "$@"; do
  COMP_LINE=$line COMP_POINT=\${#line} COMP_TYPE=9 COMP_KEY=9
  read -ra COMP_WORDS <<<"\${line//=/ = }"
  if [[ $line == *' ' ]]; then COMP_WORDS+=(''); fi
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  echo ${MARK}
  _pkgpanda pkgpanda "\${COMP_WORDS[COMP_CWORD]}" '' && printf '%s\\n' "\${COMPREPLY[@]}"
done
`

const FISH_DRIVER = `
source $argv[1]
for line in $argv[2..]
    echo ${MARK}
    complete -C $line | string replace -r '\\t.*' ''
end
true
`

/** Completion of zsh only runs inside its line editor, so a second zsh gets a terminal of its own; compadd tells what it adds. */
const ZSH_DRIVER = `
zmodload zsh/zpty zsh/zselect
directory=$1 dump=$2; shift 2
cat >$dump.rc <<'END'
PROMPT= RPROMPT=
# Of the thousand functions that it would read the heads of, only the base; where all lie in one directory, all.
all=($fpath) base=(\${(M)fpath:#*/Completion(|/Base)})
fpath=($DIRECTORY \${base:-$fpath})
autoload -Uz compinit
compinit -u -D
fpath=($DIRECTORY $all)
autoload -Uz \${^fpath}/_*(N:t)
unsetopt beep
LISTMAX=0
zstyle ':completion:*' list false
compadd() {
  local -a found
  local argument
  for argument in "$@"; do
    [[ $argument == (-|--) ]] && break
    if [[ $argument == -[OAD] ]]; then builtin compadd "$@"; return; fi
  done
  builtin compadd -O found "$@"
  local prefix=
  (( $+IPREFIX )) && prefix=$IPREFIX
  for argument in $found; do print -r -- "+++$prefix$argument" >>$DUMP.found; done
  builtin compadd "$@"
}
finished() { zle kill-whole-line; print done >>$DUMP.done }
zle -N finished
bindkey '^I' complete-word
bindkey '^X' finished
END
zpty shell "DIRECTORY=$directory DUMP=$dump zsh -f -i"
zpty -w shell "source $dump.rc; print rea''dy"
zpty -r shell text '*ready*'
for line in "$@"; do
  rm -f $dump.done
  : >$dump.found
  zpty -n -w shell "$line"$'\\t\\x18'
  # A driven clock is nothing to a shell: asked again until it says that it has finished, 30 s at most.
  for (( tries = 0; tries < 600; tries++ )); do
    [[ -e $dump.done ]] && break
    zpty -r -t shell text
    zselect -t 5
  done
  echo ${MARK}
  [[ -e $dump.done ]] || echo 'no answer'
  sed -n 's/^+++//p' $dump.found
done
zpty -d shell
`

function run(command: string, args: readonly string[], environment: Record<string, string>): string[][] {
  const text = execFileSync(command, args, {
    ...{ encoding: 'utf8', timeout: SHELL_TIMEOUT_MS, env: { ...environment, TERM: 'dumb', LC_ALL: 'C.UTF-8' } },
    // Whatever a completion says on stderr would stand in the middle of somebody's line: it is part of the answer here.
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [, ...answers] = text.split(`${MARK}\n`)
  return answers.map(answer => [...new Set(answer.split('\n').filter(line => line !== ''))].sort())
}

export const SHELLS: readonly Shell[] = [
  {
    name: 'bash',
    candidates: (file, lines, environment) =>
      run('bash', ['--norc', '--noprofile', '-c', BASH_DRIVER, 'bash', file, ...lines], environment),
  },
  {
    name: 'zsh',
    candidates: (file, lines, environment) =>
      run(
        'zsh',
        ['-f', '-c', ZSH_DRIVER, 'zsh', join(file, '..'), join(environment.HOME ?? '/nonexistent', 'zdump'), ...lines],
        environment,
      ),
  },
  {
    name: 'fish',
    candidates: (file, lines, environment) =>
      run('fish', ['--no-config', '-c', FISH_DRIVER, file, ...lines], environment),
  },
]

/** Why a program of the machine cannot be used here; false when it can. For `skip`. */
export function missing(command: string): string | false {
  const directories = (process.env.PATH ?? '').split(delimiter)
  return directories.some(directory => existsSync(join(directory, command))) ? false : `${command} is not installed`
}
