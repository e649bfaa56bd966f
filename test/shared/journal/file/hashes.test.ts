// Both hashes of journal files against published vectors.
import t from 'tap'
import { type Hash64, jenkins64 } from '../../../../src/shared/journal/file/jenkins.ts'
import { sipHash24 } from '../../../../src/shared/journal/file/siphash.ts'

const hex = ({ high, low }: Hash64) => high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
const counting = (length: number) => Buffer.from(Array.from({ length }, (_, i) => i))

t.test('lookup3: vectors of its author (driver5 of lookup3.c)', async t => {
  t.equal(hex(jenkins64(Buffer.from(''))), 'deadbeefdeadbeef')
  t.equal(hex(jenkins64(Buffer.from('Four score and seven years ago'))), '17770551ce7226e6')
})

t.test('SipHash-2-4: vectors of its authors, key and message counting from 0', async t => {
  const vectors: [number, string][] = [
    [0, '726fdb47dd0e0e31'],
    [1, '74f839c593dc67fd'],
    [7, 'ab0200f58b01d137'],
    [8, '93f5f5799a932462'],
    [15, 'a129ca6149be45e5'],
    [63, '958a324ceb064572'],
  ]
  for (const [length, hash] of vectors) t.equal(hex(sipHash24(counting(length), counting(16))), hash, `${length} bytes`)
})
