/** Several package stores as one: the next is asked when one fails or lacks the file, each held to its own index (pkgpanda 7). */
import { type Fault, isFault } from '../../src/shared/errors/fault.ts'
import { faults } from '../errors.ts'
import { Transient } from './download/http-get.ts'
import { openStore, type Store, type StoreOptions } from './store.ts'

/** More is a mistake in a flag. */
const STORES_MAX = 16

/** What another store may do better. Anything else (a full disk, a wrong id) is the same everywhere. */
const STORE_FAULTS = new Set(
  ['DOWNLOAD_FAILED', 'DIGEST_DIFFERS', 'NOT_IN_INDEX', 'INDEX_MISSING', 'INDEX_MALFORMED', 'INDEX_UNSIGNED'].map(
    name => `PKGPANDA_${name}`,
  ),
)

/** In the order given. Throws PKGPANDA_REPOSITORY_URL_MALFORMED, PKGPANDA_USAGE when there are none or too many. */
export function openStores(urls: readonly string[], options: StoreOptions): Store {
  const stores = urls.map(url => openStore(url, options))
  const [first] = stores
  if (first === undefined || stores.length > STORES_MAX)
    throw faults.USAGE(`1 to ${STORES_MAX} repository URLs expected`)
  return stores.length === 1 ? first : inTurn(stores, options.warn ?? (() => {}))
}

function inTurn(stores: readonly Store[], warn: (line: string) => void): Store {
  // One that did not answer costs half a minute of retries: it is asked last from then on.
  const silent = new Set<Store>()
  const ask = async <T>(path: string, question: (store: Store) => Promise<T>): Promise<T> => {
    const order = [...stores.filter(store => !silent.has(store)), ...stores.filter(store => silent.has(store))]
    const failures: Fault[] = []
    for (const store of order) {
      try {
        return await question(store)
      } catch (error) {
        if (!isFault(error) || !STORE_FAULTS.has(error.code)) throw error
        failures.push(error)
        if (error.cause instanceof Transient) silent.add(store)
        if (failures.length < order.length) warn(`${error.message}; asking the next repository.`)
      }
    }
    throw faults
      .STORES_FAILED(
        path,
        failures.map(({ message }) => message),
      )
      .because(failures)
  }
  return {
    url: stores.map(({ url }) => url).join(', '),
    promised: path => ask(path, store => store.promised(path)),
    fetch: (path, progress) => ask(path, store => store.fetch(path, progress)),
  }
}
