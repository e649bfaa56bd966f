/** mkpanda, also `pkgpanda build`: builds the package or the tree that it is called in (pkgpanda 3.4). Of build machines, on no node. */
import { runBuildCommand } from '../command.ts'
import { parseMkpandaOptions, USAGE } from './options.ts'
import { mkpanda } from './run.ts'

runBuildCommand(process.env, async settings => {
  const options = parseMkpandaOptions(process.argv.slice(2), process.cwd())
  if (options.help) {
    process.stdout.write(USAGE)
    return
  }
  const lines = await mkpanda(options, process.cwd(), settings)
  process.stdout.write(lines.map(line => `${line}\n`).join(''))
})
