/**
 * The requests of a connection, one at a time. node:http emits every request of a pipeline at once and puts only the answers in order:
 * 50 KB of requests made 57 MB of answers for a client that read none of them.
 */
import type { Socket } from 'node:net'

export interface Pipelines {
  /**
   * Runs `serve`, which resolves when the answer is out, once all earlier requests of the connection are answered; never when the
   * connection ends before. Returns false when `waitingMax` wait already: it will not be run.
   */
  enter(socket: Socket, serve: () => Promise<void>): boolean
}

export function createPipelines(waitingMax: number): Pipelines {
  const waiting = new WeakMap<Socket, (() => Promise<void>)[]>()

  async function work(socket: Socket, serve: () => Promise<void>): Promise<void> {
    const queue: (() => Promise<void>)[] = []
    waiting.set(socket, queue)
    for (let next: typeof serve | undefined = serve; next; next = queue.shift()) {
      await next()
      // Ended, or ending with that answer: those behind it have nobody to go to.
      if (!socket.writable) break
    }
    waiting.delete(socket)
  }

  return {
    enter(socket, serve) {
      const queue = waiting.get(socket)
      if (queue === undefined) void work(socket, serve)
      else if (queue.length < waitingMax) queue.push(serve)
      else return false
      return true
    },
  }
}
