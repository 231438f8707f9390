import t, { type Test } from 'tap'
import { build } from './helpers.ts'

/** An error of which one member throws when it is read. */
function errorWithout(t: Test, member: string): Error {
  const error = Object.assign(new Error('real'), { code: 'REAL' })
  // The engine makes its text on the first read, from the other members.
  t.match(error.stack, /unreadable-errors/)
  return Object.defineProperty(error, member, {
    get() {
      throw new Error('no')
    }
  })
}

for (const member of ['name', 'message', 'code', 'stack', 'statusCode', 'cause']) {
  t.test(`an error whose ${member} cannot be read is logged with what can be`, async (t) => {
    const { app, lines } = await build(t, {}, (app) =>
      app.get('/', async () => {
        throw errorWithout(t, member)
      })
    )
    t.equal((await app.inject('/')).statusCode, 500)
    const failure = lines.find(({ msg }) => msg.startsWith('errors: request failed'))
    t.match(failure?.err, {
      message: member === 'message' ? 'unreadable' : 'real',
      code: member === 'code' ? undefined : 'REAL',
      stack: member === 'stack' ? '' : /unreadable-errors\.test/
    })
  })
}
