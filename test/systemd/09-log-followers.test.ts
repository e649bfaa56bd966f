/** dcos-log's followers on a booted node that writes 5,000 messages a second; `npm run test:long -- log-followers` has more of it. */
import t from 'tap'
import { followUnderLoad } from '../support/log-load/load.ts'
import { noBed, testBed } from '../support/testbed/test-bed.ts'

t.test('followers lose nothing and get nothing twice under load', { skip: noBed() }, async t => {
  await followUnderLoad(t, await testBed(t), 10)
})
