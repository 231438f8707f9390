import t from 'tap'
import { withoutCommand } from '../src/index.ts'

t.test(
  'an error of a Redis client keeps message and code, and loses the command and its password',
  async (t) => {
    const error = Object.assign(new Error('WRONGPASS redis://:hunter2-password@db:6379'), {
      code: 'WRONGPASS',
      command: { name: 'auth', args: ['default', 'hunter2-password'] }
    })
    const copy = withoutCommand(error)
    t.match(copy, { message: /^WRONGPASS/, code: 'WRONGPASS' })
    t.notMatch(JSON.stringify([copy.message, copy.stack, copy]), /hunter2/)
  }
)

t.test('the message names the error of each address', async (t) => {
  const errors = [new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED 127.0.0.1:1')]
  t.match(withoutCommand(new AggregateError(errors, '')).message, /::1:1, connect ECONNREFUSED 127/)
})
