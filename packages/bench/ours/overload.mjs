// The service of the overload section with load shedding and probes of ours.
import { fastify } from '../peers/app.mjs'
import { withWork } from '../peers/overload.mjs'

async function withShedding(concurrency) {
  const { resilience } = await import('@seaworthy/resilience')
  const { health } = await import('@seaworthy/health')
  const app = fastify()
  await app.register(health)
  await app.register(resilience, { shedding: { concurrency } })
  return withWork(app, (priority) => ({ priority }))
}

export const shedding = () => withShedding(true)

/** All slots are taken for good, so that each request of low priority is rejected. */
export async function full() {
  const app = await withShedding({ initial: 1, min: 1, max: 1 })
  app.get('/forever', () => new Promise(() => undefined))
  await app.ready()
  void app.inject('/forever')
  return app
}
