/**
 * Content coding (RFC 9110 8.4): gzip and zstd (RFC 8878) for clients that ask, of the routes that say `coded`, in bounded memory and no
 * faster than the client reads.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Transform } from 'node:stream'
import { drained } from './answer.ts'
import { parseWeighted } from './negotiate.ts'
import type { BodyChunk, HttpAnswer } from './route.ts'

export type Coding = 'zstd' | 'gzip'

/** In the order of our liking: zstd needs half the time. */
const OFFERED: readonly Coding[] = ['zstd', 'gzip']

/** What a longer header says is not looked at: cut in two, its end could say the opposite. */
export const ACCEPT_ENCODING_MAX_LENGTH = 1024

/** Of a body whose size is known: a smaller one fits into a packet as it is. */
export const CODED_MIN_BYTES = 1024

/** Answers coded at once, each with some 600 KiB at most. The next ones are sent as they are, which every client can read. */
export const CODED_AT_ONCE_MAX = 16

export interface CodingChoice {
  /** Undefined: as it is. */
  coding?: Coding
  /** The client will not have it as it is, however small. */
  identityRefused: boolean
}

/**
 * What the client likes best; of codings it likes the same, ours. One that refuses all we have gets the answer as it is: an error would
 * tell it nothing more (RFC 9110 12.5.3 asks for none).
 */
export function chooseCoding(acceptEncoding: string | undefined): CodingChoice {
  const tooLong = (acceptEncoding?.length ?? 0) > ACCEPT_ENCODING_MAX_LENGTH
  const items = tooLong ? [] : parseWeighted(acceptEncoding ?? '')
  const named = (name: string) => items.find(({ value }) => value === name)?.q
  const rest = named('*')
  const identity = named('identity') ?? rest
  // x-gzip is gzip's older name (RFC 9110 8.4.1.3).
  const offers = OFFERED.map(coding => ({
    coding,
    q: named(coding) ?? (coding === 'gzip' ? named('x-gzip') : undefined) ?? rest ?? 0,
  }))
  const best = offers.reduce((a, b) => (b.q > a.q ? b : a))
  const wanted = best.q > 0 && best.q >= (identity ?? 0)
  return { ...(wanted && { coding: best.coding }), identityRefused: identity === 0 }
}

/** For one server. `gone` aborts when the client has gone: what codes its answer is freed at once. */
export type ContentCoder = (headers: IncomingHttpHeaders, answer: HttpAnswer, gone: AbortSignal) => HttpAnswer

/**
 * The answer as the client wants it. As they are stay: errors and all but 200; what is coded already, as an attachment may be; event
 * streams, since each of their followers would hold a compressor for as long as it stays. A body of unknown size is coded whatever
 * comes, so that HEAD says the same.
 *
 * Vary goes to those who sent Accept-Encoding: what the others get is readable by all, so that a cache may give it to anybody.
 */
export function createContentCoder(atOnceMax = CODED_AT_ONCE_MAX): ContentCoder {
  let atWork = 0

  async function* coded(body: Body, coding: Coding, gone: AbortSignal): AsyncGenerator<Uint8Array> {
    atWork++
    let coder: Transform | undefined
    const leave = () => void coder?.destroy()
    try {
      coder = await createCoder(coding)
      gone.addEventListener('abort', leave, { once: true })
      if (gone.aborted) leave()
      void feed(coder, body)
      yield* coder as AsyncIterable<Uint8Array>
    } finally {
      gone.removeEventListener('abort', leave)
      leave()
      atWork--
    }
  }

  return (requested, answer, gone) => {
    const { status, headers = {}, body } = answer
    const asked = requested['accept-encoding']
    if (asked === undefined || status !== 200 || body === undefined || !mayBeCoded(headers)) return answer
    const varied = { ...withoutLength(headers), Vary: varyOf(headers) }
    const { coding, identityRefused } = chooseCoding(String(asked))
    const small = !isStream(body) && Buffer.byteLength(body) < (identityRefused ? 1 : CODED_MIN_BYTES)
    if (coding === undefined || small || atWork >= atOnceMax) {
      return { ...answer, headers: { ...headers, Vary: varied.Vary } }
    }
    return { ...answer, headers: { ...varied, 'Content-Encoding': coding }, body: coded(body, coding, gone) }
  }
}

type Body = BodyChunk | AsyncIterable<BodyChunk>

function isStream(body: Body): body is AsyncIterable<BodyChunk> {
  return typeof body !== 'string' && !(body instanceof Uint8Array)
}

type Headers = NonNullable<HttpAnswer['headers']>

function headerOf(headers: Headers, wanted: string): string | undefined {
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)
  return found && String(found[1])
}

function mayBeCoded(headers: Headers): boolean {
  return (
    headerOf(headers, 'content-encoding') === undefined &&
    headerOf(headers, 'content-disposition') === undefined &&
    !headerOf(headers, 'content-type')?.startsWith('text/event-stream')
  )
}

function withoutLength(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(content-length|vary)$/i.test(name)))
}

function varyOf(headers: Headers): string {
  const others = headerOf(headers, 'vary')
  return others === undefined ? 'Accept-Encoding' : `${others}, Accept-Encoding`
}

/** Never rejects: what the body throws comes out of the coder. Always begins with the body, which may hold something to be released. */
async function feed(coder: Transform, body: Body): Promise<void> {
  try {
    if (!isStream(body)) return void coder.end(body)
    for await (const chunk of body) {
      if (coder.destroyed) return
      if (!coder.write(chunk)) await drained(coder)
    }
    coder.end()
  } catch (error) {
    coder.destroy(error as Error)
  }
}

/**
 * Measured on JSON of a journal, memory of one at work: gzip 430 KiB, 7.3 : 1; zstd 620 KiB, 6.6 : 1 in two thirds of the time, its default
 * window 2 MiB. Loaded on demand: a daemon whose clients do not ask does without.
 */
async function createCoder(coding: Coding): Promise<Transform> {
  const { constants, createGzip, createZstdCompress } = await import('node:zlib')
  if (coding === 'gzip') return createGzip({ level: 4 })
  return createZstdCompress({
    params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 17 },
  })
}
