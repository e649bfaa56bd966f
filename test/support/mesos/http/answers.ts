/** The forms of Mesos' answers: JSON, plain sentence, nothing, redirect. Headers as recorded. */
import { encodeJson } from '../json/encode.ts'
import type { Answer } from './route.ts'

export function jsonAnswer(document: unknown, doubles: 'by key' | 'all' = 'by key', status = 200): Answer {
  return { status, headers: { 'Content-Type': 'application/json' }, body: encodeJson(document, doubles) }
}

export function textAnswer(status: number, sentence: string): Answer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: sentence }
}

export function emptyAnswer(status = 200): Answer {
  return { status }
}

/** 307 with a scheme-relative address: `//10.0.0.2:5050/master/state`. */
export function redirectAnswer(address: string, path = ''): Answer {
  return { status: 307, headers: { Location: `//${address}${path}` } }
}
