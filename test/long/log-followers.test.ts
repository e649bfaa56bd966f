/** `npm run test:long -- log-followers`: two minutes of what test/systemd/09-log-followers.test.ts does. */
import t from 'tap'
import { followUnderLoad } from '../support/log-load/load.ts'
import { noBed, testBed } from '../support/testbed/test-bed.ts'

t.test('followers lose nothing and get nothing twice in minutes of load', { skip: noBed() }, async t => {
  await followUnderLoad(t, await testBed(t), 120)
})
