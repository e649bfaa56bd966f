/** genconf: turns a cluster's config.yaml into packages. Wiring only; docs/configuration.md has the keys. */
import { Command } from 'commander'
import { isFault } from '../../src/shared/errors/fault.ts'
import { VERSION } from '../../src/shared/version.ts'
import { loadSigningKey } from '../store/signing-keys.ts'
import { generate, INSTALL_SCRIPT, loadValidConfig } from './generate.ts'

const program = new Command('genconf')
  .description("Turns a cluster's config.yaml into the packages that carry it to the nodes, and dcos_install.sh.")
  .version(`genconf ${VERSION}`)
  .requiredOption('--config <file>', 'config.yaml of the cluster')
  .option('--repository <directory>', 'package repository, as npm run build leaves it', 'build/repository')
  .option('--output <directory>', 'where cluster-packages.json and dcos_install.sh go', 'build/cluster/default')
  .option(
    '--sign-key <file>',
    'sign the index with this ed25519 key; may be repeated',
    (file, files: string[]) => [...files, file],
    [],
  )
  .option('--validate', 'check the configuration and write nothing')
  .action(async ({ config: file, repository, output, validate, signKey }: Options) => {
    const config = await loadValidConfig(file)
    for (const notice of config.notices) console.error(`notice: ${notice}`)
    if (validate) return console.log(`${file}: ${Object.keys(config.values).length} values, all valid`)
    const { generated, clusterPackages } = await generate(config, repository, output, {
      keys: signKey.map(loadSigningKey),
      report: line => console.error(`notice: ${line}`),
    })
    for (const id of generated) console.log(id)
    console.log(`${output}/${INSTALL_SCRIPT}: ${clusterPackages.length} packages beside the bootstrap's`)
  })

interface Options {
  config: string
  repository: string
  output: string
  validate?: true
  signKey: string[]
}

program.parseAsync().catch((error: unknown) => {
  // Anything else is a bug and shows its stack.
  if (!isFault(error)) throw error
  console.error(`${error.code}: ${error.message}\nremedy: ${error.remedy}`)
  process.exitCode = 1
})
