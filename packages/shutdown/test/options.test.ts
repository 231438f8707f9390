import Fastify from 'fastify'
import t from 'tap'
import { shutdown } from '../src/index.ts'

t.test('refuses an option that does not exist, and names the near one', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())

  await t.rejects(async () => app.register(shutdown, { timout: 1 } as object), {
    message: 'shutdown: "timout" is not an option, did you mean "timeout"?'
  })
})
