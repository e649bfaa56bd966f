/** A point in time as `since` and `until` name it → µs since the epoch. Pure; the present is handed in. */
import { isFault } from '../shared/errors/fault.ts'
import { parseDuration } from '../shared/time/duration.ts'
import { faults } from './errors.ts'

/** RFC 3339 with seconds and an offset; a blank where the offset's plus was, which a query turns into one. */
const ABSOLUTE = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+ -])(\d\d:\d\d))$/

/** Above it a number of seconds would lie beyond the year 5138, so that milliseconds or microseconds are meant. */
const SECONDS_MAX = 1e11
const MILLISECONDS_MAX = 1e14

/** A journal's entry holds no later time that a number holds exactly: the year 2255. */
const LATEST_US = Number.MAX_SAFE_INTEGER - 1

/**
 * `2017-03-08T10:15:20.5Z`; seconds (with decimals), milliseconds or microseconds since the epoch; or a Go duration back from now
 * with a minus in front, `-1h30m`. Throws LOG_TIME_INVALID.
 */
export function parseTime(name: 'since' | 'until', text: string, nowMs: number): number {
  const us = absolute(text) ?? sinceEpoch(text) ?? backFrom(text, nowMs * 1000)
  if (us === undefined || Number.isNaN(us)) throw faults.TIME_INVALID(name, text)
  return Math.min(Math.max(Math.round(us), 0), LATEST_US)
}

function absolute(text: string): number | undefined {
  const [, date, time, fraction = '', zulu, sign, offset] = ABSOLUTE.exec(text) ?? []
  if (date === undefined || time === undefined) return undefined
  // Date rolls the 31st of February over to March, and takes 24:00 for the next day.
  if (new Date(`${date}T${time}Z`).toJSON()?.slice(0, 19) !== `${date}T${time}`) return undefined
  const ms = Date.parse(`${date}T${time}${zulu ? 'Z' : `${sign === '-' ? '-' : '+'}${offset}`}`)
  return ms * 1000 + Math.floor(Number(fraction.padEnd(9, '0')) / 1000)
}

function sinceEpoch(text: string): number | undefined {
  if (!/^\d{1,16}(\.\d{1,9})?$/.test(text)) return undefined
  const number = Number(text)
  if (number < SECONDS_MAX) return number * 1e6
  return number < MILLISECONDS_MAX ? number * 1000 : number
}

function backFrom(text: string, nowUs: number): number | undefined {
  if (!text.startsWith('-')) return undefined
  try {
    return nowUs + parseDuration(text) * 1000
  } catch (error) {
    if (isFault(error, 'DURATION_MALFORMED')) return undefined
    throw error
  }
}
