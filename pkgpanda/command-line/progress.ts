/** Progress of downloads on a terminal: one line, drawn over itself on stderr, for one file or several at once. */

/** Bytes of `what` received so far, and of all when that is known; when they are equal it is off the line. */
export type Progress = (what: string, received: number, total: number | undefined) => void

export const NO_PROGRESS: Progress = () => {}

export interface ProgressLine {
  readonly columns: number
  readonly write: (text: string) => void
  /** Milliseconds of any origin. */
  readonly now: () => number
}

interface Track {
  readonly received: number
  readonly total: number | undefined
}

/** Often enough to look alive, seldom enough to cost nothing. */
const REDRAW_MS = 100
const BAR_COLUMNS = 24
const CLEAR = '\r\u001b[K'

/** Draws while something is under way; when the last file is whole, the line is cleared for whoever writes next. */
export function drawProgress({ columns, write, now }: ProgressLine): Progress {
  const tracks = new Map<string, Track>()
  const startedMs = now()
  let drawnMs = Number.NEGATIVE_INFINITY
  let moved = 0
  return (what, received, total) => {
    moved += Math.max(0, received - (tracks.get(what)?.received ?? 0))
    tracks.set(what, { received, total })
    const over = received === total
    if (over) tracks.delete(what)
    if (tracks.size > 0 && now() - drawnMs < REDRAW_MS) return
    drawnMs = now()
    // QUIRK (pkgpanda 2.2): the name stays, since `Fetched: ID` on stdout is written over it.
    if (tracks.size === 0) return write(`${CLEAR}${what}`)
    const seconds = Math.max((now() - startedMs) / 1_000, 0.001)
    write(CLEAR + formatProgress(tracks, moved / seconds).slice(0, columns - 1))
  }
}

/** `Fetching: a--1  [#####-----] 45 %  12.3 of 27.1 MB  8.2 MB/s`. Pure. */
export function formatProgress(tracks: ReadonlyMap<string, Track>, bytesPerSecond: number): string {
  const [first = ''] = tracks.keys()
  const label = tracks.size === 1 ? first : `${first} and ${tracks.size - 1} more`
  const all = [...tracks.values()]
  const received = all.reduce((sum, track) => sum + track.received, 0)
  const total = all.reduce<number | undefined>(
    (sum, track) => (sum === undefined || track.total === undefined ? undefined : sum + track.total),
    0,
  )
  const rate = `${megabytes(bytesPerSecond)} MB/s`
  if (!total) return `${label}  ${megabytes(received)} MB  ${rate}`
  const share = Math.min(received / total, 1)
  const filled = Math.round(share * BAR_COLUMNS)
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_COLUMNS - filled)}]`
  return `${label}  ${bar} ${Math.floor(share * 100)} %  ${megabytes(received)} of ${megabytes(total)} MB  ${rate}`
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
