// One caller for each round of the event loop, in the order in which they came.
import t from 'tap'
import { createTurns } from '../../../src/shared/time/turns.ts'
import { loopTurn } from '../../support/clock.ts'

t.test('searches come one after the other, others in between', async t => {
  const turns = createTurns()
  const seen: string[] = []
  const search = async (name: string) => {
    for (const time of [1, 2]) {
      await turns()
      seen.push(`${name}${time}`)
    }
  }
  const others = async () => {
    while (seen.filter(each => each !== '-').length < 6) {
      await loopTurn()
      seen.push('-')
    }
  }
  await Promise.all([search('a'), search('b'), search('c'), others()])
  t.strictSame(
    seen.filter(each => each !== '-'),
    ['a1', 'b1', 'c1', 'a2', 'b2', 'c2'],
  )
  t.notMatch(seen.join(' '), /\d \w/, 'never two in one round')
})
