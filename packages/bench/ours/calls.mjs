// Our breaker, called as a handler calls it, without HTTP.
import { fastify } from '../peers/app.mjs'
import { calling } from '../peers/calls.mjs'

const work = async (_context, id) => id

async function withRequest(use) {
  const { resilience } = await import('@seaworthy/resilience')
  const app = fastify()
  await app.register(resilience, {})
  // The request stays open: calls of one that is over are ended.
  const held = new Promise((resolve) => {
    app.get('/', (request, reply) => {
      reply.hijack()
      resolve(request)
    })
  })
  await app.ready()
  app.inject('/').catch(() => undefined)
  return use(app, await held)
}

/** Nothing but the breaker: no timeout, and no request whose deadline would be one. */
export const breakerAlone = () =>
  withRequest((app) => {
    const { call } = app.resilience.breaker('bench', work, { timeout: false, totalTimeout: false })
    return calling((id) => call(null, id))
  })

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

/** A breaker for each of many keys, called once and then left alone. */
export const idle = () =>
  withRequest((app, request) => ({
    port: 0,
    async make(count) {
      const guarded = app.resilience.breaker(`idle-${count}`, work, {
        key: (id) => `host-${id}`,
        maxKeys: count
      })
      for (let index = 0; index < count; index++) await guarded.call(request, index)
    }
  }))

/** A breaker for each of so many keys, all of them called in turn. */
export const keyed = () =>
  withRequest((app, request) => {
    const count = Number(process.env.BENCH_KEYS)
    const guarded = app.resilience.breaker('bench', work, {
      timeout: 3000,
      key: (id) => `host-${id % count}`,
      maxKeys: count
    })
    return calling((id) => guarded.call(request, id))
  })
