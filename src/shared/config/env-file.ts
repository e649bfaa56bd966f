/** Environment files as systemd reads them (systemd.exec(5), EnvironmentFile=): the subset that DC/OS writes and operators edit. */

/**
 * `NAME=value` lines → a map. Blank lines and lines starting with `#` or `;` are passed over; a value may stand in single or
 * double quotes; a backslash at a line's end joins the next. Lines without `=` or with an invalid name are ignored, as systemd does.
 */
export function parseEnvFile(text: string): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const line of text.replace(/\\\n/g, '').split('\n')) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(trimmed) ?? []
    if (name !== undefined && value !== undefined) variables[name] = unquote(value.trim())
  }
  return variables
}

function unquote(value: string): string {
  const quote = value[0]
  if (value.length < 2 || (quote !== '"' && quote !== "'") || !value.endsWith(quote)) return value
  const inner = value.slice(1, -1)
  return quote === '"' ? inner.replace(/\\(["\\$`])/g, '$1') : inner
}
