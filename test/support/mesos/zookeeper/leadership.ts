/** Who leads: the question that standby masters and agents ask, whatever the source of the answer. */
import type { MasterInfo } from './master-info.ts'

export interface Leadership extends AsyncDisposable {
  /** undefined while nobody leads, or nobody can tell. */
  leader(): MasterInfo | undefined
  /** Called after each change; the listener asks leader(). */
  onChange(listener: () => void): void
}

/** A leader that never changes: a master without ZooKeeper, an agent with a fixed master, a test. */
export function fixedLeadership(leader: MasterInfo | undefined): Leadership {
  return { leader: () => leader, onChange() {}, async [Symbol.asyncDispose]() {} }
}
