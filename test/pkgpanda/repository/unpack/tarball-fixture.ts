/** Tarballs byte by byte, where tar(1) would not write them, and what pkgpanda makes of them. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Header } from 'tar'
import { addPackage } from '../../../../pkgpanda/repository/add-package.ts'
import { scratchDirectory, snapshot } from '../../node-fixture.ts'

export const ID = 'hostile--1'
export const FINAL = '/opt/mesosphere/packages/hostile--1'

export interface Member {
  path: string
  type?:
    | 'ExtendedHeader'
    | 'File'
    | 'Directory'
    | 'SymbolicLink'
    | 'Link'
    | 'CharacterDevice'
    | 'BlockDevice'
    | 'FIFO'
    | 'ContiguousFile'
  linkpath?: string
  content?: string
  mode?: number
  /** A record of a pax header before it, `key=value`. */
  pax?: string
  /** Bytes that the header claims, when they are not the content's. */
  size?: number
}

/** A tar archive of exactly these members; nothing is checked or corrected. */
export function tarball(members: readonly Member[]): Buffer {
  const blocks = members.flatMap(({ pax, ...member }): Buffer[] => {
    const blocksOf = memberBlocks(member)
    if (pax === undefined) return blocksOf
    // The length counts its own digits.
    const record = ` ${pax}\n`
    const bytes = Buffer.byteLength(record)
    const text = `${bytes + String(bytes + 4).length}${record}`
    return [...memberBlocks({ path: 'PaxHeader', type: 'ExtendedHeader', content: text }), ...blocksOf]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

function memberBlocks({ path, type = 'File', linkpath, content = '', mode = 0o644, size }: Member): Buffer[] {
  const body = Buffer.from(content)
  const head = Buffer.alloc(512)
  const header = new Header({
    path,
    type,
    mode,
    uid: 1000,
    gid: 1000,
    size: size ?? body.length,
    mtime: new Date(0),
    ...(linkpath === undefined ? {} : { linkpath }),
  })
  header.encode(head)
  return [head, body, Buffer.alloc((512 - (body.length % 512)) % 512)]
}

export function xz(bytes: Buffer): Buffer {
  return execFileSync('xz', ['--stdout', '-0'], { input: bytes, maxBuffer: 1 << 30 })
}

export const PKGINFO: Member = { path: './pkginfo.json', content: '{}' }

/** Adds the bytes as a package. Resolves to the fault's code, or to `added`; asserts that a refusal leaves nothing. */
export async function add(
  t: Parameters<typeof scratchDirectory>[0],
  bytes: Buffer,
): Promise<{ result: string; message: string; repository: string; outside: string }> {
  const outside = scratchDirectory(t)
  const repository = join(outside, 'packages')
  mkdirSync(repository)
  const file = join(outside, `${ID}.tar.xz`)
  writeFileSync(file, bytes)
  const before = snapshot(outside)
  try {
    await addPackage(repository, ID, file, 'random')
    return { result: 'added', message: '', repository, outside }
  } catch (error) {
    t.strictSame(snapshot(outside), before, 'nothing is left behind, nothing else was touched')
    const { code = String(error), message } = error as NodeJS.ErrnoException
    return { result: code, message, repository, outside }
  }
}

export const HOSTILE = 'PKGPANDA_TARBALL_HOSTILE'
export const UNREADABLE = 'PKGPANDA_TARBALL_UNREADABLE'

/** Heads of empty files in a hundred directories: one head, with another name and checksum each. */
export function* emptyFiles(count: number): Generator<Buffer> {
  const template = tarball([{ path: 'd00/f0000000' }]).subarray(0, 512)
  for (let index = 0; index < count; index++) {
    const head = Buffer.from(template)
    head.write(`d${String(index % 100).padStart(2, '0')}/f${String(index).padStart(7, '0')}`, 0, 'latin1')
    head.fill(' ', 148, 156)
    const sum = head.reduce((total, byte) => total + byte, 0)
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    yield head
  }
}
