/**
 * `npm run bench -- NAME [OPTION…]`: one benchmark, ours and a peer in alternation in one run. Prints ratios, their spread and the command
 * lines; docs/BENCHMARKS.md keeps the results and what moved them.
 */
import { idle } from './idle.ts'
import { log } from './log.ts'
import { activation } from './pkgpanda-activation.ts'
import { pkgpandaFetch } from './pkgpanda-fetch.ts'

const BENCHMARKS: Record<string, { what: string; run: (argv: readonly string[]) => Promise<void> }> = {
  idle: { what: 'memory and start of the daemons of an agent, beside prometheus-node-exporter', run: idle },
  log: { what: 'reading and serving a journal of 500,000 entries, beside journalctl', run: log },
  pkgpanda: {
    what: 'fetching, verifying and unpacking the repository, beside curl | tar; activating 40 packages, beside cp',
    async run(argv) {
      await pkgpandaFetch(argv)
      process.stdout.write('\n')
      activation()
    },
  },
}

const [name = '', ...argv] = process.argv.slice(2)
const benchmark = BENCHMARKS[name]
if (benchmark) {
  await benchmark.run(argv)
} else {
  const list = Object.entries(BENCHMARKS).map(([each, { what }]) => `  ${each}  ${what}`)
  process.stderr.write(`${name ? `no benchmark '${name}'` : 'which benchmark?'} There is:\n${list.join('\n')}\n`)
  process.exitCode = 2
}
