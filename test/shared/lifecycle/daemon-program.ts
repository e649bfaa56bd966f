/** A daemon for daemon.test.ts: what it does is said by its first argument. */
import { defineFaults } from '../../../src/shared/errors/fault.ts'
import { runDaemon } from '../../../src/shared/lifecycle/daemon.ts'

const faults = defineFaults('X', {
  DOWN: { status: 503, message: (what: string) => `${what} is down`, remedy: 'Start it.' },
})

runDaemon('dcos-example', async ({ argv: [mode], env, log, status, ready, stop, stopping }) => {
  status('waiting for leader.mesos')
  const opened = {
    async [Symbol.asyncDispose]() {
      log.info('released')
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
})
