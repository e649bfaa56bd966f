/** What is said of bytes that cannot be a journal's. Inner to the file reader: it costs the part it is about, and is counted. */
export class CorruptPart extends Error {
  override readonly name = 'CorruptPart'
}
