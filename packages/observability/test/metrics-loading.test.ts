import { createRequire } from 'node:module'
import Fastify from 'fastify'
import t from 'tap'
import { observability } from '../src/index.ts'

const { cache } = createRequire(import.meta.url)
const isLoaded = () => Object.keys(cache).some((file) => /[\\/]prom-client[\\/]index\.js$/.test(file))

t.test(
  'a start does not load prom-client, and the first scrape after it has the metrics of the process',
  async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(observability)
    await app.ready()
    t.notOk(isLoaded(), 'not before the service listens')

    await app.listen({ port: 0 })
    const listening = new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    await listening
    t.ok(isLoaded(), 'right after it, without a scrape')
    const { body } = await app.inject('/metrics')
    t.match(body, /^process_cpu_user_seconds_total /m)
    t.match(body, /^# TYPE http_requests_total counter$/m)
  }
)

t.test("metrics of the app and the plugin's are in the registry of an app that never listens", async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(observability)
  await app.ready()
  const { registry } = app.observability
  t.ok(registry.getSingleMetric('http_requests_total'), 'one of the plugin')
  t.ok(registry.getSingleMetric('process_cpu_user_seconds_total'), 'one of the process')
  t.equal(app.observability.registry, registry, 'the same registry each time')

  await app.close()
  t.notOk(registry.getSingleMetric('http_requests_total'), 'until the app has closed')
})
