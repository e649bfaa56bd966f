/** What the private control API does: it plays the scheduler that a stand-in cluster has not. */
import { randomUUID } from 'node:crypto'
import type { Log } from '../../../../src/shared/log/journald.ts'
import { within } from '../../within.ts'
import type { LaunchOrder } from '../agent/launch-order.ts'
import { faults } from '../errors.ts'
import { exchangeJson } from '../http/client.ts'
import type { KnownFramework } from '../model/master-view.ts'
import type { Registry } from '../model/registry.ts'
import { isLive, isOlder, type Task } from '../model/task.ts'
import { makeTaskId, parseTaskSpec } from '../model/task-spec.ts'

const DEFAULT_FRAMEWORK = 'marathon'

export interface ControlOptions {
  registry: Registry
  nowMs: () => number
  log: Log
}

export class Control {
  readonly #options: ControlOptions
  readonly #waiting = new Set<() => void>()

  constructor(options: ControlOptions) {
    this.#options = options
  }

  /**
   * Resolves with the running task, which /state shows by then. Rejects with the STANDIN_ fault that says what is
   * missing.
   */
  async launch(document: unknown): Promise<Task> {
    const { registry, nowMs, log } = this.#options
    const spec = parseTaskSpec(document)
    const taskId = spec.id ?? makeTaskId(spec.name, randomUUID())
    if (registry.hasTask(taskId)) throw faults.TASK_EXISTS(taskId)
    const agent = registry.chooseAgent(spec.agent)
    const wanted = spec.framework ?? DEFAULT_FRAMEWORK
    const framework =
      registry.findFramework(wanted)?.info ??
      registry.addFramework({ name: wanted, principal: `dcos_${wanted}` }, nowMs())
    const order: LaunchOrder = { taskId, spec, framework }
    const task = (await exchangeJson(`${agent.hostname}:${agent.port}`, 'POST', '/standin/tasks', order)) as Task
    log.info('launched a task', { task: taskId, agent: agent.id })
    return this.#take(task)
  }

  /** Rejects with STANDIN_TASK_UNKNOWN. */
  kill(taskId: string): Promise<Task> {
    return this.#order(taskId, 'DELETE', '')
  }

  /** Rejects with STANDIN_TASK_UNKNOWN. */
  setHealth(taskId: string, healthy: boolean): Promise<Task> {
    return this.#order(taskId, 'POST', '/health', { healthy })
  }

  /** Its live tasks are ended. Rejects with STANDIN_FRAMEWORK_UNKNOWN. */
  async completeFramework(wanted: string): Promise<KnownFramework> {
    const { registry, nowMs } = this.#options
    const framework = registry.completeFramework(wanted, nowMs())
    const live = registry.tasks.filter(task => task.frameworkId === framework.info.id && isLive(task))
    await Promise.all(live.map(task => this.kill(task.id)))
    return framework
  }

  async #order(taskId: string, method: string, suffix: string, document?: unknown): Promise<Task> {
    const { registry } = this.#options
    const task = registry.task(taskId)
    if (!isLive(task)) return task
    const agent = registry.chooseAgent(task.agentId)
    const path = `/standin/tasks/${encodeURIComponent(taskId)}${suffix}`
    return this.#take((await exchangeJson(`${agent.hostname}:${agent.port}`, method, path, document)) as Task)
  }

  /** A report may have overtaken the agent's answer: then it is the newer of the two. */
  #take(task: Task): Task {
    const { registry } = this.#options
    if (!registry.hasTask(task.id) || !isOlder(task, registry.task(task.id))) registry.putTask(task)
    this.changed()
    return registry.task(task.id)
  }

  /** Something about agents or tasks is new. */
  changed(): void {
    for (const look of this.#waiting) look()
  }

  /**
   * Resolves with the first result of `look` that is not undefined: now, or after a change. Rejects, naming `what`, after
   * the limit of within.ts.
   */
  async when<T>(what: string, look: () => T | undefined): Promise<T> {
    const found = Promise.withResolvers<T>()
    const attempt = () => {
      const result = look()
      if (result !== undefined) found.resolve(result)
    }
    this.#waiting.add(attempt)
    try {
      attempt()
      return await within(what, found.promise)
    } finally {
      this.#waiting.delete(attempt)
    }
  }
}
