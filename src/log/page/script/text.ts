/** What comes out of a journal → what a reader may see. Pure. */

/** Controls, of terminals and of writing direction, as what they are: they would hide or reorder what the reader sees. */
export function clean(text: string): string {
  return text
    .replace(/[\0-\x08\x0b-\x1f]/g, c => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/\x7f/g, '␡')
    .replace(
      /[\x80-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      c => `‹U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}›`,
    )
}

/** At most `max` characters of it, and how many there are. */
export function clipped(text: string, max: number): string {
  if (text.length <= max) return clean(text)
  return `${clean(text.slice(0, max))} … (${text.length.toLocaleString('en')} characters)`
}

/** Milliseconds since the epoch → `2017-03-08T10:15:20.000` in the browser's zone. */
export function localIso(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, -1)
}

/** Microseconds since the epoch → `2017-03-08T10:15:20.000000 UTC`. */
export function utcText(us: number): string {
  return `${new Date(us / 1000).toISOString().slice(0, -1)}${String(us % 1000).padStart(3, '0')} UTC`
}
