/** What dcos-log counts, beside the requests that the HTTP kit counts. */
import type { JournalObserver } from '../shared/journal/admission.ts'
import type { Counter, Gauge, Metrics } from '../shared/metrics/registry.ts'

export interface LogMetrics {
  /** All of the daemon's, as in its textfile. */
  text(): Promise<string>
  /** By format: text, json, sse. */
  entries: Counter<string>
  bytes: Counter<string>
  /** By format: text, sse. */
  fileLines: Counter<string>
  rangesCut: Counter
  followers: Gauge<string>
  followersRefused: Counter<string>
  followersStalled: Counter<string>
  followersLost: Counter<string>
  /** An entry of that time, µs, was handed to a follower: the newest one there was tells the lag. */
  followersReached(realtimeUs: number, nowMs: number): void
  /** By regular expressions. */
  searchedEntries: Counter
  searchesRefused: Counter
  /** For the journal's reader. */
  observer: JournalObserver
  /** Readers at work now, for STATUS=. */
  readers(): number
}

export function declareLogMetrics(metrics: Metrics): LogMetrics {
  let open = 0
  metrics.gauge({
    name: 'journal_readers',
    help: 'Readers of the journal at work.',
    collect: gauge => gauge.set(open),
  })
  const refused = metrics.counter({
    name: 'journal_readers_refused_total',
    help: 'Requests answered with 503 because too many readers were at work.',
  })
  const failures = metrics.counter({
    name: 'journal_failures_total',
    help: 'Times that the journal could not be read: its directory, or by a journalctl child.',
  })
  const cut = metrics.counter({
    name: 'journal_fields_cut_total',
    help: 'Field values cut or left out because they were too large.',
  })
  const corrupt = metrics.counter({
    name: 'journal_corrupt_parts_total',
    help: 'Broken parts of journal files that were passed over.',
  })
  const fellBack = metrics.counter({
    name: 'journal_fallbacks_total',
    help: 'Readers for which journalctl read, since a file has a form that only it knows.',
  })
  const leftOut = metrics.gauge({
    name: 'journal_files_left_out',
    help: 'Journal files that are not read because there are too many.',
  })
  const lag = metrics.gauge({
    name: 'followers_lag_seconds',
    help: 'Age of the newest entry that any follower was sent, at the time it was sent.',
  })
  let newestUs = 0
  return {
    text: metrics.text,
    followers: metrics.gauge({ name: 'followers', help: 'Clients that follow the journal.' }),
    followersRefused: metrics.counter({
      name: 'followers_refused_total',
      help: 'Streams answered with 503 because too many clients followed the journal.',
    }),
    followersStalled: metrics.counter({
      name: 'followers_stalled_total',
      help: 'Followers of the journal or of a file cut off because they took nothing for minutes while something waited.',
    }),
    followersLost: metrics.counter({
      name: 'followers_lost_entries_total',
      help: 'Entries removed from the journal before a follower came to them, counted for each follower.',
    }),
    followersReached(realtimeUs, nowMs) {
      // Who reads history, or lags behind another, says nothing about how fast new entries go out.
      if (realtimeUs < newestUs) return
      // An entry stamped in the future, before the clock was set back, must not hide those that follow it.
      newestUs = Math.min(realtimeUs, nowMs * 1000)
      lag.set(Math.max(0, nowMs / 1000 - realtimeUs / 1e6))
    },
    entries: metrics.counter({ name: 'entries_total', help: 'Journal entries sent, by format.', labels: ['format'] }),
    bytes: metrics.counter({
      name: 'entries_bytes_total',
      help: 'Bytes of journal entries sent, before compression, by format.',
      labels: ['format'],
    }),
    rangesCut: metrics.counter({
      name: 'ranges_cut_total',
      help: 'Answers cut off because they had more entries or bytes than one may have.',
    }),
    fileLines: metrics.counter({
      name: 'file_lines_total',
      help: "Lines of tasks' files sent, by format.",
      labels: ['format'],
    }),
    searchedEntries: metrics.counter({
      name: 'searched_entries_total',
      help: 'Journal entries to which regular expressions were put.',
    }),
    searchesRefused: metrics.counter({
      name: 'searches_refused_total',
      help: 'Requests answered with 503 because too many clients searched by regular expressions.',
    }),
    observer: {
      readerOpened: () => void open++,
      readerClosed: () => void open--,
      readerRefused: () => refused.inc(),
      failed: () => failures.inc(),
      fieldsCut: count => cut.inc(count),
      corrupt: () => corrupt.inc(),
      filesLeftOut: count => leftOut.set(count),
      fellBack: () => fellBack.inc(),
    },
    readers: () => open,
  }
}
