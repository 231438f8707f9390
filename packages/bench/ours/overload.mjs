// The service of the overload section with load shedding and probes of ours.
import { fastify } from '../peers/app.mjs'
import { withWork } from '../peers/overload.mjs'

export async function shedding() {
  const { resilience } = await import('@seaworthy/resilience')
  const { health } = await import('@seaworthy/health')
  const app = fastify()
  await app.register(health)
  await app.register(resilience, { shedding: { concurrency: true } })
  return withWork(app, (priority) => ({ priority }))
}
