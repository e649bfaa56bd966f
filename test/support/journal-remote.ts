/** systemd-journal-remote(8), which writes journal files for tests and benches out of entries in export format. */
export const JOURNAL_REMOTE = '/lib/systemd/systemd-journal-remote'
