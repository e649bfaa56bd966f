/** A run in a thread that ends where it reaches the given step for the given time, as by SIGKILL: nothing is cleaned up. */
import { workerData } from 'node:worker_threads'
import type { Step } from '../../src/logrotate/steps.ts'
import { openLogFolder } from './log-folder.ts'

const { directory, step, times } = workerData as { directory: string; step: Step; times: number }
let left = times
const reached = (now: Step) => {
  // In a thread it ends the thread alone, at once: no finally, no catch.
  if (now === step && --left === 0) process.exit(9)
}
void openLogFolder(directory).run({ reached })
