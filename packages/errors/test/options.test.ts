import Fastify from 'fastify'
import t from 'tap'
import { errors } from '../src/index.ts'

t.test('refuses an option that does not exist, and names the near one', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())

  await t.rejects(async () => app.register(errors, { enabeld: true } as object), {
    message: 'errors: "enabeld" is not an option, did you mean "enabled"?'
  })
})
