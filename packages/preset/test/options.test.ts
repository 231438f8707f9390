import Fastify from 'fastify'
import t from 'tap'
import { preset } from '../src/index.ts'

t.test('refuses an option that does not exist, and names the near one', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())

  await t.rejects(async () => app.register(preset, { enabeld: true } as object), {
    message: 'preset: "enabeld" is not an option, did you mean "enabled"?'
  })
})
