// Our plugins, each alone, and the preset: from the built packages, as a user gets them.
import { randomBytes } from 'node:crypto'
import { fastify, withRoute } from '../peers/app.mjs'
import { withManyRoutes } from '../peers/scraped.mjs'

/** An app made with the package's own server options where it has them, the plugin, and the route. */
const alone = (name, options, route) => async (tokens) => {
  const exported = await import(`@seaworthy/${name}`)
  const pluginOptions = typeof options === 'function' ? options(tokens) : options
  const serverOptions = exported[`${name}ServerOptions`]?.() ?? {}
  const app = fastify(name === 'observability' ? serverOptions : { ...serverOptions, logger: false })
  await app.register(exported[name], pluginOptions)
  return withRoute(app, route?.(app) ?? {})
}

const limits = { max: 1_000_000_000, timeWindow: '1 minute' }
const origins = { origin: ['https://app.example.com'], credentials: true }

export const errors = alone('errors')
export async function thrown() {
  const { errors: plugin, NotFoundError } = await import('@seaworthy/errors')
  const app = fastify()
  await app.register(plugin)
  app.get('/gone', async () => {
    throw new NotFoundError('User not found')
  })
  return withRoute(app)
}
export const shutdown = alone('shutdown')
export const health = alone('health')

export const observability = alone('observability')
const withoutLogs = (options) => async () => {
  const { observability: plugin } = await import('@seaworthy/observability')
  const app = fastify()
  await app.register(plugin, { logging: false, ...options })
  return withRoute(app)
}
export const metrics = withoutLogs({})
export const ids = withoutLogs({ metrics: false })
export const logging = alone('observability', { metrics: false })

const only = (part, options) => {
  const off = { headers: false, cors: false, rateLimit: false, validation: false }
  return alone('security', { ...off, [part]: options })
}
export const headers = only('headers', {})
/** The very headers that @fastify/helmet sends. */
export const headersAsHelmet = only('headers', { profile: 'helmet' })
export const cors = only('cors', origins)
export const limit = only('rateLimit', limits)
export const validation = only('validation', {})
export const security = alone('security', { cors: origins, rateLimit: limits })

export async function limitRedis() {
  const { Redis } = await import('../peers/redis.mjs')
  return only('rateLimit', { ...limits, redis: new Redis(process.env.BENCH_REDIS) })()
}

const authenticated = (app) => ({ onRequest: [app.authenticate] })
const claims = ({ issuer, audience }) => ({ issuer, audience })
const auth = (jwt) =>
  alone('auth', (tokens) => ({ jwt: { ...jwt(tokens), ...claims(tokens) } }), authenticated)

export const jwtHs = auth(({ secret }) => ({ secret, cache: 0 }))
export const jwtHsCached = auth(({ secret }) => ({ secret }))
export const jwtOfMany = auth(({ secret }) => ({ secret, cache: Number(process.env.BENCH_CACHE) }))
export const jwtRs = auth(({ privateKeys }) => ({ key: privateKeys.RS256, cache: 0 }))
export const jwtEd = auth(({ privateKeys }) => ({ key: privateKeys.EdDSA, cache: 0 }))

// At work, but never reached: a saturating load on an emulated processor is just what it is there to turn away.
const shedding = { maxDelay: 60_000 }

export const resilience = alone('resilience', { shedding })

const presetOptions = (tokens) => ({
  resilience: { shedding },
  security: { cors: origins, rateLimit: limits },
  auth: { jwt: { secret: tokens.secret, ...claims(tokens) } }
})

/** The preset with everything on and the route behind `authenticate`. */
export async function presetOn(tokens, options = presetOptions(tokens)) {
  const { seaworthy, serverOptions } = await import('fastify-seaworthy')
  const app = fastify(serverOptions(options))
  await app.register(seaworthy, options)
  return withRoute(app, authenticated(app))
}

/** On a Node whose undocumented step from headers to text is another: what is left is documented. */
export async function presetDocumented(tokens) {
  // Not by import: a module that imports node:http loads what is lazy in it too, all of fetch.
  const { ServerResponse } = process.getBuiltinModule('node:http')
  const store = ServerResponse.prototype._storeHeader
  ServerResponse.prototype._storeHeader = function rewritten(first, headers) {
    store.call(this, first.slice(0, first.indexOf('\r\n') + 2), headers)
  }
  const app = await presetOn(tokens)
  ServerResponse.prototype._storeHeader = store
  return app
}

/** With what no request to the route passes too: Sentry, a breaker, sessions and a login through Google. */
export async function presetWhole(tokens) {
  const options = presetOptions(tokens)
  options.observability = { errorTracking: { dsn: 'http://public@127.0.0.1:9/1' } }
  options.auth.session = { key: randomBytes(32) }
  options.auth.oauth2 = {
    google: {
      issuer: 'https://accounts.google.com',
      clientId: 'id',
      clientSecret: 'secret',
      callbackUrl: 'https://example.com/login/google/callback',
      onLogin: () => undefined
    }
  }
  const app = await presetOn(tokens, options)
  const guarded = app.resilience.breaker('users', async (id) => ({ id }), {
    fallback: () => ({ cached: true })
  })
  app.get('/guarded/:id', async (request) => guarded.call(request.params.id))
  return app
}

const off = {
  observability: false,
  errors: false,
  shutdown: false,
  health: false,
  resilience: false,
  security: false,
  auth: false
}

export async function presetOff() {
  const { seaworthy, serverOptions } = await import('fastify-seaworthy')
  const app = fastify({ ...serverOptions(off), logger: false })
  await app.register(seaworthy, off)
  return withRoute(app)
}

/** Many routes, for the cost of a scrape. */
export async function manyRoutes() {
  const { observability: plugin } = await import('@seaworthy/observability')
  const app = fastify()
  await app.register(plugin, { logging: false, metrics: { maxSeries: 100_000, defaultMetrics: false } })
  return withManyRoutes(app)
}

/** The preset with many routes, for the cost of a request among them. */
export async function presetManyRoutes(tokens) {
  const { seaworthy, serverOptions } = await import('fastify-seaworthy')
  const options = presetOptions(tokens)
  const app = fastify(serverOptions(options))
  await app.register(seaworthy, options)
  return withManyRoutes(app)
}

/** A limiter that sees the client's address in X-Forwarded-For. */
export async function limitBehindProxy() {
  const { security: plugin } = await import('@seaworthy/security')
  const app = fastify({ trustProxy: '127.0.0.1' })
  await app.register(plugin, {
    headers: false,
    cors: false,
    validation: false,
    rateLimit: { ...limits, cache: Number(process.env.BENCH_CACHE) }
  })
  return withRoute(app)
}
