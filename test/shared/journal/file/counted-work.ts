// How much work reading a journal file is, counted where no clock lies: bytes read, and parts of the file that were asked for.
import { createPageCache, type PageCache, type Pages } from '../../../../src/shared/journal/file/pages.ts'
import type { FileSource } from '../../../../src/shared/journal/file/source.ts'

export interface Work {
  bytesRead: number
  /** Parts asked for, be they in memory: whoever goes round in circles takes them, too. */
  steps: number
}

/** `read` gives the bytes; `check` is called after each count, to end what takes too much by throwing. */
export function countWork(source: FileSource, check: (work: Work) => void = () => {}) {
  const work: Work = { bytesRead: 0, steps: 0 }
  const counted: FileSource = {
    ...source,
    read(into, offset) {
      work.bytesRead += into.length
      check(work)
      return source.read(into, offset)
    },
  }
  const cache = createPageCache(64)
  const pages: PageCache = {
    open(given): Pages {
      const inner = cache.open(given)
      return {
        locate(offset, lengthBytes) {
          work.steps++
          check(work)
          return inner.locate(offset, lengthBytes)
        },
        get at() {
          return inner.at
        },
        refresh: () => inner.refresh(),
        close: () => inner.close(),
      }
    },
  }
  return { work, source: counted, pages }
}
