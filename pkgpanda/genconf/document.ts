/** docs/configuration.md out of the table of parameters, so that the two cannot differ. Pure. */
import type { Parameter } from './parameter.ts'

export function configurationDocument(parameters: readonly Parameter[]): string {
  const rows = parameters.map(parameter => {
    const cells = [`\`${parameter.name}\`${condition(parameter)}`, origin(parameter), parameter.rule.allowed]
    const readBy = parameter.readBy.length > 0 ? parameter.readBy.join(', ') : '–'
    return `| ${[...cells, readBy, parameter.docs + (parameter.secret ? ' Secret.' : '')].map(escapeCell).join(' | ')} |`
  })
  return `# Keys of config.yaml

Generated from \`pkgpanda/genconf/parameters.ts\` by \`npm run golden\`; a test compares the two.

\`genconf --config config.yaml\` turns this file into the packages \`dcos-config\`, \`dcos-metadata\` and \`pkgpanda-role\` in the package
repository, and into \`dcos_install.sh\`; with \`--validate\` it only checks. The keys are those of DC/OS 1.9. Lists and maps may be written as YAML or as
JSON in text. Keys that are not in this table are accepted with a notice and kept in the records.

- **value**: *required*, *optional*, *calculated* (must not be given), else the default.
- **read by**: the component that uses it today; \`–\`: checked, and kept for a component to come.
- Secrets are left out of what nodes keep (\`etc/expanded.config.json\`, \`etc/user.config.yaml\`); the full records lie beside \`dcos_install.sh\`,
  readable for their owner alone. 1.9 put them into the package, which the repository serves to anybody.
- \`DCOS_VERSION\` is 1.9.10, the release whose interfaces the suite speaks: clients choose their requests by it. \`DCOS_IMAGE_COMMIT\` is a hash
  of the ids of all packages.

| key | value | allowed | read by | meaning |
|---|---|---|---|---|
${rows.join('\n')}
`
}

function condition({ when }: Parameter): string {
  return when ? ` (when \`${when.name}\` is \`${when.is}\`)` : ''
}

function origin(parameter: Parameter): string {
  if (!('value' in parameter)) return `*${parameter.from}*`
  if (parameter.from === 'computed') return '*calculated*'
  if (typeof parameter.value === 'function') return '*from other keys*'
  return parameter.value === '' ? 'empty' : `\`${parameter.value}\``
}

function escapeCell(cell: string): string {
  return cell.replaceAll('|', '\\|')
}
