/** What strangers wrote (packages, stores, other processes) on its way to a terminal, which would obey control characters. Pure. */

/** Each control character as `\x1b`. */
export function escapeControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
