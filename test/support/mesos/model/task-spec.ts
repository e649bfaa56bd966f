/**
 * What the private control API takes to start a task, and how it becomes a Task. Shapes as a Marathon would make them.
 */
import { type Static, Type } from 'typebox'
import { problemsOf } from '../../../../src/shared/config/decode.ts'
import { faults } from '../errors.ts'
import type { Discovery, DiscoveryPort } from './task.ts'

const LabelsSpec = Type.Record(Type.String(), Type.String())
const PortNumber = Type.Integer({ minimum: 0, maximum: 65_535 })

/** `number` 0 or missing: a free port of the agent's range. */
const PortSpec = Type.Object({
  number: Type.Optional(PortNumber),
  name: Type.Optional(Type.String()),
  protocol: Type.Optional(Type.String()),
  labels: Type.Optional(LabelsSpec),
})

export const TaskSpec = Type.Object(
  {
    /** Marathon's id without the leading slash; slashes are allowed: `group/api`. */
    name: Type.String({ minLength: 1 }),
    /** Run by `/bin/sh -c` in the sandbox. */
    cmd: Type.String({ minLength: 1 }),
    /** Default: the name with `_` for `/`, a dot, a new uuid. */
    id: Type.Optional(Type.String({ pattern: '^[^/\\s]+$' })),
    /** Id or host name of an agent; default: the private agent with the fewest tasks, else any. */
    agent: Type.Optional(Type.String()),
    /** Name or id; made when there is none of this name. Default marathon. */
    framework: Type.Optional(Type.String()),
    /** Id of a default executor: tasks that name the same one are a pod. */
    executor: Type.Optional(Type.String({ pattern: '^[^/\\s]+$' })),
    /** null: the task has no label list at all. Default: an empty one. */
    labels: Type.Optional(Type.Union([Type.Null(), LabelsSpec])),
    ports: Type.Optional(Type.Array(Type.Union([PortNumber, PortSpec]))),
    /** null: the task has no discovery info at all. Default: made of `name` and `ports`. */
    discovery: Type.Optional(
      Type.Union([
        Type.Null(),
        Type.Object({
          name: Type.Optional(Type.String()),
          visibility: Type.Optional(Type.Enum(['FRAMEWORK', 'CLUSTER', 'EXTERNAL'])),
          ports: Type.Optional(Type.Array(Type.Object({ ...PortSpec.properties, number: PortNumber }))),
        }),
      ]),
    ),
    env: Type.Optional(LabelsSpec),
    /** `mem` and `disk` in MiB. Default 0.1, 32, 0. */
    resources: Type.Optional(
      Type.Object({
        cpus: Type.Optional(Type.Number({ minimum: 0 })),
        mem: Type.Optional(Type.Number({ minimum: 0 })),
        disk: Type.Optional(Type.Number({ minimum: 0 })),
      }),
    ),
    /** What a health check would have found; missing: the task has none. */
    healthy: Type.Optional(Type.Boolean()),
    /** An address on another network than the host's, as a CNI plug-in would have given. */
    network: Type.Optional(
      Type.Object({ name: Type.String(), address: Type.String(), labels: Type.Optional(LabelsSpec) }),
    ),
  },
  { additionalProperties: false },
)
export type TaskSpec = Static<typeof TaskSpec>

/** Throws STANDIN_TASK_SPEC_INVALID naming every key that is wrong. */
export function parseTaskSpec(document: unknown): TaskSpec {
  const problems = problemsOf(TaskSpec, document)
  if (problems.length > 0) throw faults.TASK_SPEC_INVALID(problems.join('; '))
  // problemsOf found nothing against the schema.
  return document as TaskSpec
}

/** `group/api` → `group_api.<uuid>` */
export function makeTaskId(name: string, uuid: string): string {
  return `${name.replace(/^\//, '').replaceAll('/', '_')}.${uuid}`
}

/** Marathon names tasks from the inside out: `group/api` → `api.group`. */
export function makeTaskName(name: string): string {
  return name.replace(/^\//, '').split('/').reverse().join('.')
}

/** The ports a spec wants, as objects; `number` 0 where any will do. */
export function requestedPorts(spec: TaskSpec): DiscoveryPort[] {
  return (spec.ports ?? []).map(port =>
    typeof port === 'number' ? { number: port } : { ...port, number: port.number ?? 0 },
  )
}

/** `ports` are the task's, with their numbers assigned. undefined when the spec wants no discovery info. */
export function makeDiscovery(spec: TaskSpec, ports: readonly DiscoveryPort[]): Discovery | undefined {
  if (spec.discovery === null) return undefined
  return {
    visibility: spec.discovery?.visibility ?? 'FRAMEWORK',
    name: spec.discovery?.name ?? makeTaskName(spec.name),
    ports: spec.discovery?.ports ?? ports.map(port => ({ name: 'api', protocol: 'tcp', ...port })),
  }
}
