/** A daemon for daemon.test.ts: what it does is said by its first argument. */
import { defineFaults } from '../../../src/shared/errors/fault.ts'
import { type DaemonContext, runDaemon } from '../../../src/shared/lifecycle/daemon.ts'

const faults = defineFaults('X', {
  DOWN: { status: 503, message: (what: string) => `${what} is down`, remedy: 'Start it.' },
})

/** A time that nobody waits for in vain: for the mode that never gets done. */
const STOP_LIMIT_MS = 50

async function main({ argv: [mode], env, log, status, ready, stop, stopping }: DaemonContext): Promise<void> {
  status('waiting for leader.mesos')
  const opened = {
    async [Symbol.asyncDispose]() {
      log.info('released')
      if (mode === 'never-done') await new Promise(() => {})
    },
  }
  await using _opened = opened
  switch (mode) {
    case 'fault':
      throw faults.DOWN('ZooKeeper').because(new Error('ECONNREFUSED'))
    case 'bug':
      throw new TypeError('x is not a function')
    case 'background-bug':
      setTimeout(() => void Promise.reject(new TypeError('y is not a function')), 20)
      break
    case 'once':
      return
    case 'stop-itself':
      setTimeout(() => stop('nothing left to do'), 20)
      break
    case 'environment':
      log.info('environment', { in_copy: env.LISTEN_FDS, in_process: process.env.LISTEN_FDS })
      return
    case 'stopped-while-starting':
      log.info('starting')
      await new Promise((_, reject) => stopping.addEventListener('abort', () => reject(stopping.reason)))
  }
  let looks = 0
  await ready(() => `serving, looked ${mode === 'unhealthy' ? 0 : ++looks} times`, {
    healthy: () => mode !== 'unhealthy',
  })
}

runDaemon('dcos-example', main, process.argv[2] === 'never-done' ? { stopLimitMs: STOP_LIMIT_MS } : {})
