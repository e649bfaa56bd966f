/** What is wrong with a configuration → lines that name file, line, key, what was found and what is allowed. Pure. */
import type { LoadedConfig } from './load-config.ts'
import type { Parameter } from './parameter.ts'
import { type Resolution, unsetProblem } from './resolve.ts'

/** A found value is cut here, since a script or a list may be long. */
const FOUND_MAX_CHARS = 60

/** One line a key, sorted by place in the file, missing keys last: `config.yaml:3: resolvers: … (found …; allowed: …)`. */
export function problemLines(config: LoadedConfig, resolution: Resolution, parameters: readonly Parameter[]): string[] {
  const place = (name: string) => config.lines.get(name) ?? Number.POSITIVE_INFINITY
  const wrong = Object.entries(resolution.errors)
    .sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1))
    .map(([name, problem]) => {
      const parameter = parameters.find(each => each.name === name)
      const facts = [
        ...(config.values[name] === undefined ? [] : [`found ${shown(config.values[name], parameter)}`]),
        ...(parameter ? [`allowed: ${parameter.rule.allowed}`] : []),
      ]
      const line = config.lines.get(name)
      const where = line === undefined ? config.file : `${config.file}:${line}`
      return `${where}: ${name}: ${problem}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}`
    })
  const missing = resolution.unset.map(name => {
    const allowed = parameters.find(each => each.name === name)?.rule.allowed
    return `${config.file}: ${name}: ${unsetProblem(name)} (allowed: ${allowed})`
  })
  return [...wrong, ...missing]
}

/** Keys that were accepted and do nothing: a line each. */
export function noticeLines(config: LoadedConfig, { unknown, unused }: Resolution): string[] {
  const at = (name: string) => `${config.file}:${config.lines.get(name)}: ${name}:`
  return [
    ...unknown.map(name => `${at(name)} not a key of this suite; kept in the records, without effect`),
    ...unused.map(name => `${at(name)} without effect beside the other values`),
  ]
}

function shown(value: string, parameter: Parameter | undefined): string {
  if (parameter?.secret) return '**HIDDEN**'
  return JSON.stringify(value.length > FOUND_MAX_CHARS ? `${value.slice(0, FOUND_MAX_CHARS)}…` : value)
}
