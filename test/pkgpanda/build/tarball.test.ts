import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { xz } from '@napi-rs/lzma'
import t from 'tap'
import { fileEntry, listFolder, sortEntries } from '../../../pkgpanda/build/tar-entries.ts'
import { encodeHeader, LARGE_FILE_BYTES, makeTarball } from '../../../pkgpanda/build/tarball.ts'
import { compress } from '../../../pkgpanda/build/xz.ts'
import { openXzCache } from '../../../pkgpanda/build/xz-cache.ts'
import { joinXzStreams, parseXzStream } from '../../../pkgpanda/build/xz-stream.ts'

const LONG = `deep/${'x'.repeat(120)}/${'y'.repeat(120)}`

/** A folder with everything a package may hold; the last test's large file has blocks of its own in the stream. */
function fill(folder: string): void {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  mkdirSync(join(folder, 'empty'))
  mkdirSync(join(folder, LONG, '..'), { recursive: true })
  writeFileSync(join(folder, 'bin/run'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(join(folder, 'bin/größe'), 'ü')
  writeFileSync(join(folder, LONG), 'long')
  writeFileSync(join(folder, 'zero'), '')
  symlinkSync('run', join(folder, 'bin/link'))
  // Zeros of another length than a multiple of a block: padding, and quick to compress.
  writeFileSync(join(folder, 'large'), Buffer.alloc(LARGE_FILE_BYTES + 77, 'large'))
}

async function* one(text: string) {
  yield Buffer.from(text)
}

t.test('a tarball is the same from two folders, two times and two umasks, and GNU tar reads it', async t => {
  const base = mkdtempSync(join(tmpdir(), 'dcos-tarball-'))
  t.teardown(() => rmSync(base, { recursive: true }))
  const [first, second] = [join(base, 'first'), join(base, 'second/deeper')]
  fill(first)
  cpSync(first, second, { recursive: true, verbatimSymlinks: true, preserveTimestamps: false })
  utimesSync(join(second, 'bin/run'), 1, 1)
  execFileSync('chmod', ['g+w', join(second, 'bin/größe'), join(second, 'empty')])

  const missed: string[] = []
  const make = async (folder: string, cacheFolder: string) => {
    const cache = openXzCache(join(base, cacheFolder), file => missed.push(file))
    return Buffer.concat(await makeTarball((await listFolder(folder)).entries, cache))
  }
  const tarball = await make(first, 'cache-a')
  t.equal(missed.length, 1, 'the large file alone went through the cache')
  t.ok(tarball.equals(await make(second, 'cache-b')), 'same bytes with a cache of its own')
  t.equal(missed.length, 2)
  t.ok(tarball.equals(await make(second, 'cache-a')), 'same bytes from the cache')
  t.equal(missed.length, 2, 'compressed once')

  const [entry = ''] = readdirSync(join(base, 'cache-a'))
  truncateSync(join(base, 'cache-a', entry), 100)
  t.ok(tarball.equals(await make(first, 'cache-a')), 'a damaged entry of the cache is made again')
  t.equal(missed.length, 3)
  t.strictSame(readdirSync(join(base, 'cache-a')), [entry])

  const file = join(base, 'x.tar.xz')
  writeFileSync(file, tarball)
  execFileSync('xz', ['--test', file])
  const [, streams, blocks] = execFileSync('xz', ['--robot', '--list', file], { encoding: 'utf8' })
    .split('\n')[1]
    ?.split('\t') ?? ['', '', '', '']
  t.strictSame([streams, Number(blocks) >= 3], ['1', true], 'one stream, so that every decoder takes it')
  const out = join(base, 'out')
  mkdirSync(out)
  execFileSync('tar', ['-xJf', file, '-C', out])
  execFileSync('diff', ['--recursive', '--no-dereference', first, out])
  const listing = execFileSync('tar', ['-tvJf', file, '--full-time', '--utc'], { encoding: 'utf8' }).trim().split('\n')
  t.ok(
    listing.every(line => line.includes(' 0/0 ') && line.includes('1970-01-01 00:00:00')),
    'owner 0:0, time 0',
  )
  const modes = Object.fromEntries(
    listing.map(line => [line.split(' ').find(word => word.startsWith('./')), line.slice(0, 10)]),
  )
  t.match(modes, { './': 'drwxr-xr-x', './bin/run': '-rwxr-xr-x', './zero': '-rw-r--r--', './bin/link': 'lrwxrwxrwx' })

  // What runs on nodes decodes the whole file at once.
  const decoded = await xz.decompress(tarball)
  t.ok(decoded.equals(execFileSync('xz', ['-dc', file], { maxBuffer: 64 * 1024 * 1024 })))
})

t.test('xz streams are joined into one', async t => {
  const streams = await Promise.all(['one', 'two', ''].map(text => compress(one(text))))
  const joined = Buffer.concat(joinXzStreams(streams.map(parseXzStream)))
  t.equal((await xz.decompress(joined)).toString(), 'onetwo')
  const parsed = parseXzStream(joined)
  t.strictSame(
    parsed.records.map(each => each.uncompressed),
    [3, 3],
  )

  const flip = (offset: number) => {
    const bytes = Buffer.from(joined)
    bytes[offset] = (bytes[offset] as number) ^ 1
    return bytes
  }
  const malformed: [string, Buffer][] = [
    ['an empty file', Buffer.alloc(0)],
    ['the magic', flip(0)],
    ['the header checksum', flip(8)],
    ['the index', flip(joined.length - 14)],
    ['the footer', flip(joined.length - 7)],
    ['the footer magic', flip(joined.length - 1)],
    ['two streams', Buffer.concat([joined, joined])],
    ['cut off', joined.subarray(0, joined.length - 4)],
  ]
  for (const [what, bytes] of malformed) t.throws(() => parseXzStream(bytes), { code: 'BUILD_ARCHIVE_MALFORMED' }, what)
  t.throws(() => joinXzStreams([]), { code: 'BUILD_ARCHIVE_MALFORMED' })
})

t.test('order of entries: a folder before what is in it, both before its siblings with the same beginning', async t => {
  const paths = ['a.b', 'a/c', 'a', 'a/c/d', 'B', 'a-b']
  t.strictSame(
    sortEntries(paths.map(path => fileEntry(path, ''))).map(each => each.path),
    ['B', 'a', 'a/c', 'a/c/d', 'a-b', 'a.b'],
  )
})

t.test('headers hold nothing of the machine', async t => {
  const header = encodeHeader({ type: 'file', path: 'a', executable: true, sizeBytes: 3, content: Buffer.from('abc') })
  const octal = (offset: number, length: number) =>
    Number.parseInt(header.toString('latin1', offset, offset + length), 8)
  t.equal(header.length, 512)
  t.equal(header.toString('latin1', 0, 4), './a\0')
  t.strictSame(
    { mode: octal(100, 8), uid: octal(108, 8), gid: octal(116, 8), size: octal(124, 12), mtime: octal(136, 12) },
    { mode: 0o755, uid: 0, gid: 0, size: 3, mtime: 0 },
  )
  t.ok(
    header.subarray(265, 329).every(byte => byte === 0),
    'no names of user and group',
  )
})
