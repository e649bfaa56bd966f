/** Completion for fish, of the two tables: a line for each command and option, with its summary (complete(1) of fish). */
import type { OptionDefinition } from '../../options.ts'
import {
  type CompletionTables,
  commandsBy,
  HEAD_COMMENT,
  ID_KINDS,
  IDS_OF_JSON,
  takesPath,
  valueOptions,
} from './completed-options.ts'

/** The text of `share/fish/vendor_completions.d/pkgpanda.fish`. */
export function formatFishCompletion({ commands, options }: CompletionTables): string {
  const tarball = commandsBy(commands, 'tarball')
  const words = ID_KINDS.flatMap(kind => {
    const names = commandsBy(commands, kind)
    if (names.length === 0) return []
    return [`complete -c pkgpanda -n '__pkgpanda_command ${names.join(' ')}' -a '(__pkgpanda_ids ${kind})'`]
  })
  return `${HEAD_COMMENT}

# Prints the command on the line, and the options that say which node is meant.
function __pkgpanda_line
    set -l words (commandline -opc)
    set -l value_of
    for word in $words[2..]
        if set -q value_of[1]
            contains -- $value_of --root --repository; and echo -- $value_of=$word
            set -e value_of
        else if string match -qr -- '^--(root|repository)=' $word
            echo -- $word
        else if contains -- $word ${valueOptions(options).all.join(' ')}
            set value_of $word
        else if not string match -q -- '-*' $word
            echo command:$word
        end
    end
end

# Whether the command is one of these; without any, whether there is none yet.
function __pkgpanda_command
    set -l command (__pkgpanda_line | string match 'command:*' | string replace command: '')
    if set -q argv[1]
        contains -- "$command[1]" $argv
    else
        not set -q command[1]
    end
end

function __pkgpanda_read
    # Of a command that is not there fish itself would complain, whatever is redirected.
    command -q pkgpanda; or return
    pkgpanda $argv (__pkgpanda_line | string match -- '--*') --json 2>/dev/null | sed -n '${IDS_OF_JSON.replaceAll('\\', '\\\\')}'
end

# Kind of id.
function __pkgpanda_ids
    switch $argv[1]
        case active
            __pkgpanda_read active
        case package
            __pkgpanda_read list
        case inactive
            set -l active (__pkgpanda_read active)
            for id in (__pkgpanda_read list)
                contains -- $id $active; or echo $id
            end
    end
end

complete -c pkgpanda -f
${commands.map(({ name, summary }) => `complete -c pkgpanda -n __pkgpanda_command -a ${name} -d ${quote(summary)}`).join('\n')}
${options.map(optionLine).join('\n')}
${words.join('\n')}
${tarball.length === 0 ? '' : `complete -c pkgpanda -n '__pkgpanda_command ${tarball.join(' ')}' -a '(__fish_complete_suffix .tar.xz)'\n`}`
}

function optionLine(option: OptionDefinition): string {
  const { name, value, summary, commands } = option
  const condition =
    name === '--version'
      ? ' -n __pkgpanda_command'
      : commands === undefined
        ? ''
        : ` -n '__pkgpanda_command ${commands.join(' ')}'`
  const kind = value === undefined ? '' : takesPath(option) ? ' -r -F' : ' -x'
  return `complete -c pkgpanda${condition} -l ${name.slice(2)}${kind} -d ${quote(summary)}`
}

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}
