/** URLs as they may stand in messages, logs and metrics: without user, password and query, which may hold secrets. Pure. */

/** `https://user:secret@host/x?token=y` → `https://host/x`. Any text will do: what is no URL loses what looks like credentials. */
export function publicUrl(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1').replace(/[?#].*$/s, '')
}

/** The same for a sentence with URLs in it, such as an error of the system's. */
export function publicText(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/gi, '$1')
}
