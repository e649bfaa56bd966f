/**
 * Unit states over D-Bus (org.freedesktop.systemd1(5)), through the package dbus-next: one list call for many units, properties of
 * one. Raw calls instead of proxies, which would introspect every object first.
 */
import type { EventEmitter } from 'node:events'
import type { Message, MessageBus, Variant } from 'dbus-next'
import { faults } from './errors.ts'

export interface UnitState {
  name: string
  description: string
  /** `loaded`, `not-found`, `masked` … */
  load: string
  /** `active`, `inactive`, `failed`, `activating` … */
  active: string
  /** `running`, `dead`, `listening`, `waiting` … */
  sub: string
}

export type UnitInterface = 'Unit' | 'Service' | 'Socket' | 'Timer'

export interface Units extends AsyncDisposable {
  /** Loaded units whose names match one of the glob patterns, by name. Rejects with SYSTEMD_BUS_UNAVAILABLE. */
  list(patterns: readonly string[]): Promise<UnitState[]>
  /** All properties of one interface, 64-bit numbers as bigint. Rejects with SYSTEMD_UNIT_UNKNOWN or SYSTEMD_BUS_UNAVAILABLE. */
  properties(unit: string, of: UnitInterface): Promise<Record<string, unknown>>
}

export interface UnitsOptions {
  /** `unix:path=…`; the system bus unless given. */
  busAddress?: string
  timeoutMs?: number
}

const SYSTEMD = 'org.freedesktop.systemd1'
const MANAGER_PATH = '/org/freedesktop/systemd1'

/** Connects and says hello. Rejects with SYSTEMD_BUS_UNAVAILABLE. */
export async function openUnits({ busAddress, timeoutMs = 5000 }: UnitsOptions = {}): Promise<Units> {
  // On demand: 12 MiB that a daemon without a unit collector need not carry.
  const { Message, sessionBus, systemBus } = await import('dbus-next')
  const bus: MessageBus = busAddress === undefined ? systemBus() : sessionBus({ busAddress })
  const emitter: EventEmitter = bus
  // A broken connection fails the calls under way; without a listener it would end the process. A set, since a promise that each call
  // raced against would keep every reply for as long as the bus is open.
  const underWay = new Set<(error: Error) => void>()
  let broken: Error | undefined
  emitter.on('error', (error: Error) => {
    broken = error
    for (const fail of [...underWay]) fail(error)
  })

  async function call(
    path: string,
    of: string,
    member: string,
    signature: string,
    body: unknown[],
  ): Promise<unknown[]> {
    const message: Message = new Message({ destination: SYSTEMD, path, interface: of, member, signature, body })
    const { promise, resolve, reject } = Promise.withResolvers<Message | null>()
    underWay.add(reject)
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    try {
      if (broken) throw broken
      bus.call(message).then(resolve, reject)
      const reply = await promise
      return (reply?.body ?? []) as unknown[]
    } catch (error) {
      const type = (error as { type?: string }).type
      if (type?.endsWith('NoSuchUnit')) throw faults.UNIT_UNKNOWN(String(body[0]))
      throw faults.BUS_UNAVAILABLE((error as Error).message).because(error)
    } finally {
      clearTimeout(timer)
      underWay.delete(reject)
    }
  }

  const units: Units = {
    async list(patterns) {
      const [rows] = await call(MANAGER_PATH, `${SYSTEMD}.Manager`, 'ListUnitsByPatterns', 'asas', [[], [...patterns]])
      // systemd1(5): an array of (name, description, load, active, sub, following, path, job id, job type, job path).
      return (rows as string[][])
        .map(([name = '', description = '', load = '', active = '', sub = '']) => ({
          name,
          description,
          load,
          active,
          sub,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    async properties(unit, of) {
      const [path] = await call(MANAGER_PATH, `${SYSTEMD}.Manager`, 'LoadUnit', 's', [unit])
      const [variants] = await call(String(path), 'org.freedesktop.DBus.Properties', 'GetAll', 's', [
        `${SYSTEMD}.${of}`,
      ])
      const entries = Object.entries(variants as Record<string, Variant>)
      return Object.fromEntries(entries.map(([name, variant]) => [name, variant.value]))
    },
    async [Symbol.asyncDispose]() {
      bus.disconnect()
    },
  }
  try {
    // The first call waits for the connection: a bus that is not there is told now.
    await units.list(['dbus.service'])
  } catch (error) {
    bus.disconnect()
    throw error
  }
  return units
}
