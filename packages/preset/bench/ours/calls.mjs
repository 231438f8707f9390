// Our breaker, called as a handler calls it, without HTTP.
import { fastify } from '../peers/app.mjs'
import { calling } from '../peers/calls.mjs'

const work = async (id) => id

async function withRequest(use) {
  const { resilience } = await import('@seaworthy/resilience')
  const app = fastify()
  await app.register(resilience, {})
  let held
  app.get('/', (request, reply) => {
    held = request
    reply.hijack()
    reply.raw.end()
  })
  await app.ready()
  await app.inject('/')
  return use(app, held)
}

/** The recipe's settings: a timeout, a threshold, a fallback. */
export const breaker = () =>
  withRequest((app, request) => {
    const guarded = app.resilience.breaker('bench', work, {
      timeout: 3000,
      fallback: () => ({ cached: true })
    })
    return calling((id) => guarded.call(request, id))
  })

/** Fallback, retry, breaker and timeout. */
export const four = () =>
  withRequest((app, request) => {
    const guarded = app.resilience.breaker('bench', work, {
      timeout: 3000,
      retry: 2,
      fallback: () => ({ cached: true })
    })
    return calling((id) => guarded.call(request, id))
  })

/** Memory and calls of many breakers that do nothing. */
export const idle = () =>
  withRequest((app) => ({
    port: 0,
    make(count) {
      for (let index = 0; index < count; index++) app.resilience.breaker(`idle-${count}-${index}`, work)
    }
  }))
