/**
 * What `/state` of a Mesos master or agent says, as far as it is needed here: the own id, and the tasks with the place of their
 * sandboxes (log 6, 7.3). It may be large, and is asked for by one request at a time.
 */
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { isFault } from '../../shared/errors/fault.ts'
import type { Places } from '../../shared/limits/places.ts'
import { faults } from '../errors.ts'
import type { Caller, Peer } from './peer.ts'

/** Parsed, it takes several times as much, of the unit's 256 MiB. */
const STATE_MAX_BYTES = 32 * 1024 * 1024

/**
 * Objects and arrays of a state. A hundred bytes each are usual, so that the largest has a third of a million; of ten millions of empty
 * ones the process would have a gigabyte, and be busy for half a minute.
 */
const STATE_MAX_OBJECTS = 512 * 1024

export interface MesosTask {
  id: string
  name: string
  frameworkId: string
  agentId: string
  executorId: string
  /** Outermost container; undefined for a task that never had one. */
  containerId: string | undefined
  /** The container is nested, and the task so one of a pod, with a directory of its own. */
  ofPod: boolean
}

export interface MesosTasks {
  /** Not ended, as far as the master knows. */
  running: MesosTask[]
  completed: MesosTask[]
}

const Container = Type.Cyclic(
  { Container: Type.Object({ value: Type.String(), parent: Type.Optional(Type.Ref('Container')) }) },
  'Container',
)
interface ContainerJson {
  value: string
  parent?: ContainerJson
}

const Tasks = Type.Optional(
  Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      framework_id: Type.String(),
      executor_id: Type.String(),
      slave_id: Type.String(),
      statuses: Type.Optional(
        Type.Array(
          Type.Object({
            container_status: Type.Optional(Type.Object({ container_id: Type.Optional(Container) })),
          }),
        ),
      ),
    }),
  ),
)
const Frameworks = Type.Array(Type.Object({ tasks: Tasks, unreachable_tasks: Tasks, completed_tasks: Tasks }))
const MasterState = Type.Object({ frameworks: Frameworks, completed_frameworks: Frameworks })
const Identified = Type.Object({ id: Type.String({ minLength: 1, maxLength: 255 }) })

type TaskJson = NonNullable<Type.Static<typeof Tasks>>[number]

/** Rejects with LOG_MESOS_*, LOG_TOKEN_REFUSED. */
export async function fetchTasks(master: Peer, places: Places, caller: Caller): Promise<MesosTasks> {
  return parseTasks(await fetchState(master, places, caller), master.name)
}

/** The id by which Mesos knows the node that answers. Rejects likewise. */
export async function fetchId(peer: Peer, places: Places, caller: Caller, timeoutMs: number): Promise<string> {
  const state = await fetchState(peer, places, caller, timeoutMs)
  if (!Value.Check(Identified, state)) throw faults.MESOS_MALFORMED(peer.name)
  return state.id
}

async function fetchState(peer: Peer, places: Places, caller: Caller, timeoutMs?: number): Promise<unknown> {
  const leave = await places.enter(caller.signal)
  try {
    const { body } = await peer.get('/state', caller, STATE_MAX_BYTES, timeoutMs)
    if (objectsOf(body) > STATE_MAX_OBJECTS) throw faults.MESOS_MALFORMED(peer.name)
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw faults.MESOS_MALFORMED(peer.name).because(error)
    // Every Mesos has a state: whoever has none is another service.
    if (isFault(error, 'LOG_FILE_MISSING')) throw faults.MESOS_FAILED(peer.name, error.status)
    throw error
  } finally {
    leave()
  }
}

/** At most that many, whatever stands in strings. */
function objectsOf(json: Buffer): number {
  let count = 0
  for (let i = 0; i < json.length; i++) if (json[i] === 0x7b || json[i] === 0x5b) count++
  return count
}

/** Throws LOG_MESOS_MALFORMED naming `source`. */
export function parseTasks(state: unknown, source: string): MesosTasks {
  if (!Value.Check(MasterState, state)) throw faults.MESOS_MALFORMED(source)
  const { frameworks, completed_frameworks: ended } = state
  return {
    running: frameworks.flatMap(({ tasks = [], unreachable_tasks = [] }) =>
      [...tasks, ...unreachable_tasks].map(taskOf),
    ),
    completed: [
      ...frameworks.flatMap(({ completed_tasks = [] }) => completed_tasks),
      ...ended.flatMap(({ tasks = [], completed_tasks = [] }) => [...tasks, ...completed_tasks]),
    ].map(taskOf),
  }
}

function taskOf({ id, name, framework_id, executor_id, slave_id, statuses = [] }: TaskJson): MesosTask {
  // The last status may come from the master, which knows no container.
  const container = statuses.findLast(each => each.container_status?.container_id)?.container_status?.container_id as
    | ContainerJson
    | undefined
  let outermost = container
  while (outermost?.parent) outermost = outermost.parent
  return {
    id,
    name,
    frameworkId: framework_id,
    agentId: slave_id,
    // Empty for a task that its agent runs by itself: its executor has the task's id.
    executorId: executor_id === '' ? id : executor_id,
    containerId: outermost?.value,
    // DEPARTURE (log 7.3): the original took every task with an executor for one of a pod, so that those of other executors had no log.
    ofPod: container?.parent !== undefined,
  }
}
