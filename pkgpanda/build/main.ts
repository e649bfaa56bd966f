/** `npm run build`: packages/ → build/repository/ and build/bin/. Runs unbuilt, on the machine that builds. */
import { relative, resolve } from 'node:path'
import { buildTree } from './build-tree.ts'
import { runBuildCommand } from './command.ts'
import { parseOptions, USAGE } from './options.ts'

const ROOT = resolve(import.meta.dirname, '../..')

runBuildCommand(process.env, async settings => {
  const options = parseOptions(process.argv.slice(2), process.cwd())
  if (options.help) {
    process.stdout.write(USAGE)
    return
  }
  const started = performance.now()
  const { packages, built } = await buildTree(options, { ...settings, root: ROOT })
  const took = ((performance.now() - started) / 1000).toFixed(1)
  const where = relative(process.cwd(), options.output) || '.'
  process.stdout.write(`${packages.length} packages in ${where}/repository, ${built.length} files new, ${took} s\n`)
})
