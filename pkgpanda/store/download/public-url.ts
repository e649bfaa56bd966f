/** URLs as they may stand in messages, logs and metrics: without user, password and query, which may hold secrets. Pure. */

/** `https://user:secret@host/x?token=y` → `https://host/x`. Any text will do: what is no URL loses what looks like credentials. */
export function publicUrl(text: string): string {
  // A password with an unescaped / ? or # makes it no URL: then everything before the last @ may be part of it.
  const credentials = URL.canParse(text) ? /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i : /^([a-z][a-z0-9+.-]*:\/\/).*@/is
  return text.replace(credentials, '$1').replace(/[?#].*$/s, '')
}

/** The same for a sentence with URLs in it, such as an error of the system's. */
export function publicText(text: string): string {
  return text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/gi, '$1')
}
