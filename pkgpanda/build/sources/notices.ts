/** NOTICES of a bundle: name, version and licence text of every third-party package whose code is in it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Notice {
  readonly name: string
  readonly version: string
  /** SPDX expression of its package.json; '' when it names none. */
  readonly license: string
  /** Texts of its LICENSE, NOTICE and COPYING files; [] when it ships none. */
  readonly texts: readonly string[]
}

const LICENSE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i
const RULE = '-'.repeat(72)

/** Files that went into a bundle, relative to `root` → the packages of node_modules they belong to, sorted by name. */
export async function loadNotices(root: string, inputs: readonly string[]): Promise<Notice[]> {
  const folders = new Set(inputs.map(packageFolderOf).filter(folder => folder !== undefined))
  const notices = await Promise.all([...folders].map(folder => loadNotice(join(root, folder))))
  return notices.sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
}

/** `node_modules/a/node_modules/@b/c/lib/x.js` → `node_modules/a/node_modules/@b/c`; undefined for files of our own. */
export function packageFolderOf(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0]
}

export function formatNotices(notices: readonly Notice[]): string {
  const head = 'This program contains the following third-party packages.\n'
  if (notices.length === 0) return 'This program contains no third-party packages.\n'
  const list = notices.map(
    ({ name, version, license }) => `  ${name} ${version} (${license || 'licence: see below'})\n`,
  )
  const texts = notices.map(({ name, version, license, texts }) => {
    const text = texts.length > 0 ? texts.join('\n\n') : `Licence as its package.json states it: ${license || 'none'}`
    return `\n${RULE}\n${name} ${version}\n${RULE}\n${text}\n`
  })
  return [head, '\n', ...list, ...texts].join('')
}

async function loadNotice(folder: string): Promise<Notice> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const names = (await readdir(folder)).filter(each => LICENSE_FILE.test(each)).sort()
  const texts = await Promise.all(names.map(each => readFile(join(folder, each), 'utf8')))
  return {
    name,
    version,
    license: typeof license === 'string' ? license : (license?.type ?? ''),
    texts: texts.map(text => text.replaceAll('\r\n', '\n').trim()),
  }
}

function keyOf({ name, version }: Notice): string {
  return `${name}\0${version}`
}
