/** page.html as it must be: its shell, and the script with all its modules in one, small. esbuild is no part of the product: the page is kept. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const FOLDER = join(import.meta.dirname, '../../../src/log/page')

/** What the shell has in place of the script. */
const EMPTY = '<script type="module"></script>'

export const PAGE = join(FOLDER, 'page.html')

export async function makePage(): Promise<string> {
  const result = await build({
    absWorkingDir: FOLDER,
    entryPoints: ['script/start.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    // Of 2023: what EventSource and streams need is older.
    target: ['chrome114', 'firefox115', 'safari16.6'],
    charset: 'utf8',
    write: false,
  })
  const script = result.outputFiles[0]?.text ?? ''
  const shell = readFileSync(join(FOLDER, 'page-shell.html'), 'utf8')
  if (shell.split(EMPTY).length !== 2) throw new Error(`page-shell.html has not one ${EMPTY}`)
  return shell.replace(EMPTY, () => `<script type="module">${script.trim()}</script>`)
}
