/** Ranges of entries from the API, by addresses relative to the page's, which lies below whatever prefix Admin Router gives it. */

export interface Entry {
  fields: Record<string, string>
  cursor: string
  /** Microseconds. */
  realtime_timestamp: number
  monotonic_timestamp: number
  /** Of an event `lost` alone. */
  lost?: number
  /** Characters: what it costs to keep. */
  weight: number
}

export interface Answer {
  entries: Entry[]
  /** False when it was left, being large enough. */
  whole: boolean
}

/** An answer is left after so much. */
const BYTES_MAX = 16e6

/** What was refused, or is out of reach, is tried again after these times, then always after the last one. */
const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000]

export function retryMs(time: number): number {
  return RETRY_MS[Math.min(time, RETRY_MS.length - 1)] ?? 0
}

/** Rejects with the API's own words; while the node is too busy (503) `busy` is told them, and it is asked again. */
export async function askRange(query: string, signal: AbortSignal, busy: (words: string) => void): Promise<Answer> {
  for (let time = 0; ; time++) {
    const response = await fetch(`range/${query}`, { headers: { Accept: 'application/json' }, signal })
    if (response.ok) return await read(response)
    const words = await wordsOf(response)
    if (response.status !== 503) throw new Error(words)
    busy(words)
    await waited(Math.max(retryMs(time), Number(response.headers.get('Retry-After')) * 1000), signal)
  }
}

export async function wordsOf(response: Response): Promise<string> {
  return (await response.text()).trim() || `${response.status} ${response.statusText}`
}

export function parseEntry(text: string): Entry {
  return Object.assign(JSON.parse(text), { weight: text.length })
}

async function read({ status, body }: Response): Promise<Answer> {
  const entries: Entry[] = []
  if (status === 204 || !body) return { entries, whole: true }
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  /** Of the line that has begun; joined when it ends, since one may be long. */
  let begun: string[] = []
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { entries, whole: true }
    bytes += value.length
    const lines = value.split('\n')
    const rest = lines.pop() ?? ''
    for (const line of lines) {
      entries.push(parseEntry(begun.join('') + line))
      begun = []
    }
    begun.push(rest)
    if (bytes > BYTES_MAX && entries.length > 0) {
      await reader.cancel()
      return { entries, whole: false }
    }
  }
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
