/**
 * Reading what may not be there. Only absence counts as absence: an error of the disk that is taken for it would make another
 * set active than the one that was asked for, or leave files of the old one behind.
 */

/** What `read` returns; `absent` when the system says ENOENT or ENOTDIR. Throws the system's other errors. */
export function unlessAbsent<Found, Absent>(read: () => Found, absent: Absent): Found | Absent {
  try {
    return read()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return absent
    throw error
  }
}
