/** What is said of bytes that cannot be a journal's. Inner to the file reader: it costs the part it is about, and is counted. */
export class CorruptPart extends Error {
  override readonly name: string = 'CorruptPart'
}

/** The file is no longer in its directory: journald's vacuum has made holes of what it held, so that nothing read from it counts. */
export class RemovedFile extends CorruptPart {
  override readonly name = 'RemovedFile'
}
