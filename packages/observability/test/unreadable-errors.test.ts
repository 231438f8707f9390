import t, { type Test } from 'tap'
import { build } from './helpers.ts'

const members = ['name', 'message', 'code', 'stack', 'cause', 'errors'] as const

/** An error of which one member throws when it is read. */
function errorWithout(t: Test, member: string): Error {
  const error = Object.assign(new Error('real'), { code: 'REAL', cause: new Error('cause') })
  // The engine makes its text on the first read, from the other members.
  t.match(error.stack, /unreadable-errors/)
  return Object.defineProperty(error, member, {
    get() {
      throw new Error('no')
    }
  })
}

for (const member of members) {
  t.test(`an error whose ${member} cannot be read is logged with what can be`, async (t) => {
    const { app, lines } = await build(t)
    app.get('/', async () => {
      throw errorWithout(t, member)
    })
    t.equal((await app.inject('/')).statusCode, 500)
    t.match(lines().find(({ msg }) => msg === 'request completed')?.['err'], {
      type: 'Error',
      message: member === 'message' ? 'unreadable' : 'real',
      code: member === 'code' ? undefined : 'REAL',
      stack: member === 'stack' ? undefined : /unreadable-errors\.test/,
      cause: member === 'cause' ? undefined : { message: 'cause' }
    })
  })
}

t.test('a thrown undefined is logged and reported like any other error', async (t) => {
  const caught: unknown[] = []
  const { app, lines } = await build(t, {
    errorTracking: { sink: (error: unknown) => void caught.push(error) }
  })
  app.get('/', async () => {
    // oxlint-disable-next-line no-throw-literal -- programs do
    throw undefined
  })
  t.equal((await app.inject('/')).statusCode, 500)
  t.match(lines().at(-1), { msg: 'request completed', err: { message: 'undefined was thrown' } })
  t.match(caught, [{ message: 'undefined was thrown' }])
})
