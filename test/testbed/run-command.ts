/** The frame of npm start, status and stop: faults become code – message – remedy and exit status 1. */
import { isFault } from '../../src/shared/errors/fault.ts'

export function runBedCommand(main: () => Promise<void>): void {
  main().then(
    () => process.exit(process.exitCode ?? 0),
    (error: unknown) => {
      if (!isFault(error)) throw error
      process.stderr.write(`${error.code}: ${error.message}\nremedy: ${error.remedy}\n`)
      process.exit(1)
    },
  )
}
