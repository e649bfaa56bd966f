import t from 'tap'
import { defineFaults, Fault, isFault, registryOf } from '../../../src/shared/errors/fault.ts'

const definitions = {
  FIELD_NOT_ALLOWED: {
    status: 400,
    message: (field: string) => `${field} is not allowed`,
    remedy: 'Ask for another.',
    contract: 'log 4.9',
  },
  DOWN: { status: 503, message: () => 'down', remedy: 'Wait.' },
}

t.test('an entry becomes a function that makes its fault', async t => {
  const faults = defineFaults('LOG', definitions)
  const fault = faults.FIELD_NOT_ALLOWED('_UID')
  t.ok(fault instanceof Fault && fault instanceof Error)
  t.match(
    { ...fault, message: fault.message, name: fault.name },
    {
      code: 'LOG_FIELD_NOT_ALLOWED',
      status: 400,
      message: '_UID is not allowed',
      remedy: 'Ask for another.',
      name: 'Fault',
      details: {},
    },
  )
  t.notOk(fault.cause)
  t.match(fault.stack, /fault\.test\.ts/, 'the stack leads to whoever threw it')
})

t.test('cause and details are added in a throw', async t => {
  const cause = new Error('inner')
  const fault = defineFaults('X', definitions).DOWN().with({ a: 1 }).with({ b: 2 }).because(cause)
  t.same(fault.details, { a: 1, b: 2 })
  t.equal(fault.cause, cause)
})

t.test('the registry can be read, and nothing else can be taken for one', async t => {
  const faults = defineFaults('LOG', definitions)
  t.same(Object.keys(faults), ['FIELD_NOT_ALLOWED', 'DOWN'])
  t.equal(registryOf(faults).prefix, 'LOG')
  t.equal(registryOf(faults).definitions.DOWN, definitions.DOWN)
  t.ok(Object.isFrozen(faults))
  t.throws(() => registryOf({}), TypeError)
})

t.test('faults are told from bugs by kind and code', async t => {
  const fault = defineFaults('X', definitions).DOWN()
  t.ok(isFault(fault))
  t.ok(isFault(fault, 'X_DOWN'))
  t.notOk(isFault(fault, 'X_UP'))
  t.notOk(isFault(new Error('x')))
  t.notOk(isFault({ code: 'X_DOWN' }))
  t.notOk(isFault(undefined))
})
