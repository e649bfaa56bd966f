/** What dcos-log counts, beside the requests that the HTTP kit counts. */
import type { JournalObserver } from '../shared/journal/journalctl.ts'
import type { Counter, Metrics } from '../shared/metrics/registry.ts'

export interface LogMetrics {
  /** By format: text, json, sse. */
  entries: Counter<string>
  bytes: Counter<string>
  /** By format: text, sse. */
  fileLines: Counter<string>
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
    help: 'Times that journalctl could not be started, failed or was not understood.',
  })
  const cut = metrics.counter({
    name: 'journal_fields_cut_total',
    help: 'Field values cut or left out because they were too large.',
  })
  return {
    entries: metrics.counter({ name: 'entries_total', help: 'Journal entries sent, by format.', labels: ['format'] }),
    bytes: metrics.counter({
      name: 'entries_bytes_total',
      help: 'Bytes of journal entries sent, before compression, by format.',
      labels: ['format'],
    }),
    fileLines: metrics.counter({
      name: 'file_lines_total',
      help: "Lines of tasks' files sent, by format.",
      labels: ['format'],
    }),
    observer: {
      readerOpened: () => void open++,
      readerClosed: () => void open--,
      readerRefused: () => refused.inc(),
      failed: () => failures.inc(),
      fieldsCut: count => cut.inc(count),
    },
    readers: () => open,
  }
}
