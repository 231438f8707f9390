// The best known plugins for one thing each, as their own documentation sets them up.
import { createVerifier } from 'fast-jwt'
import { fastify, withRoute } from './app.mjs'

const alone = (part, options) => async (tokens) => {
  const app = fastify(options)
  const route = await part(app, tokens)
  return withRoute(app, route?.onRequest ? route : {})
}
const plugin = async (name) => (await import(name)).default

export const fastifyMetrics = alone(async (app) => {
  await app.register(await plugin('fastify-metrics'), { endpoint: '/metrics' })
})

export const promster = alone(async (app) => {
  const { plugin: promsterPlugin, getSummary } = await import('@promster/fastify')
  await app.register(promsterPlugin)
  app.get('/metrics', async (request, reply) => {
    reply.type('text/plain')
    return getSummary()
  })
})

/** Spans for every request, sampled at 10 %, dropped by an exporter that does nothing. */
export async function otel() {
  const { default: FastifyOtel } = await import('@fastify/otel')
  const sdk = await import('@opentelemetry/sdk-trace-node')
  const exporter = { export: (spans, done) => done({ code: 0 }), shutdown: async () => undefined }
  const provider = new sdk.NodeTracerProvider({
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(0.1) }),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)]
  })
  provider.register()
  const instrumentation = new FastifyOtel()
  instrumentation.setTracerProvider(provider)
  const app = fastify()
  await app.register(instrumentation.plugin())
  return withRoute(app)
}

export const helmet = alone(async (app) => {
  await app.register(await plugin('@fastify/helmet'))
})

export const cors = alone(async (app) => {
  await app.register(await plugin('@fastify/cors'), {
    origin: ['https://app.example.com'],
    credentials: true
  })
})

export const limit = alone(async (app) => {
  await app.register(await plugin('@fastify/rate-limit'), { max: 1_000_000_000, timeWindow: '1 minute' })
})

/** Every request another client: what a flood of addresses costs. */
export const limitKeys = alone(
  async (app) => {
    await app.register(await plugin('@fastify/rate-limit'), {
      max: 1_000_000_000,
      timeWindow: '1 minute',
      cache: Number(process.env.BENCH_CACHE)
    })
  },
  { trustProxy: '127.0.0.1' }
)

export const limitRedis = alone(async (app) => {
  const { Redis } = await import('ioredis')
  const redis = new Redis(process.env.BENCH_REDIS)
  app.addHook('onClose', async () => redis.quit())
  await app.register(await plugin('@fastify/rate-limit'), {
    max: 1_000_000_000,
    timeWindow: '1 minute',
    redis
  })
})

/** As its documentation combines it with Fastify: a hook that consumes a point of the client's address. */
export const limiterFlexible = alone(async (app) => {
  const { Redis } = await import('ioredis')
  const { RateLimiterRedis } = await import('rate-limiter-flexible')
  const redis = new Redis(process.env.BENCH_REDIS, { enableOfflineQueue: false })
  await new Promise((resolve) => redis.once('ready', resolve))
  app.addHook('onClose', async () => redis.quit())
  const limiter = new RateLimiterRedis({ storeClient: redis, points: 1_000_000_000, duration: 60 })
  app.addHook('onRequest', async ({ ip }, reply) => {
    const { remainingPoints, msBeforeNext } = await limiter.consume(ip)
    reply.header('x-ratelimit-remaining', remainingPoints)
    reply.header('x-ratelimit-reset', Math.ceil(msBeforeNext / 1000))
  })
})

export const underPressure = alone(async (app) => {
  await app.register(await plugin('@fastify/under-pressure'), {
    maxEventLoopDelay: 60_000,
    // Emulated, a busy loop may have no sample within a second, which it takes for pressure.
    sampleInterval: 10_000,
    maxEventLoopUtilization: 1000
  })
})

const jwt = (options) =>
  alone(async (app, tokens) => {
    await app.register(await plugin('@fastify/jwt'), options(tokens))
    return { onRequest: [(request) => request.jwtVerify()] }
  })

// As strict as ours, as far as they have options for it: no token that holds for ever, that was made in the future (jose
// alone can refuse it) or is of another kind.
const strict = ({ issuer, audience }) => ({
  allowedIss: issuer,
  allowedAud: audience,
  requiredClaims: ['exp', 'iat', 'iss', 'aud'],
  checkTyp: 'JWT',
  clockTolerance: 5000
})
const strictForJose = ({ issuer, audience }) => ({
  issuer,
  audience,
  requiredClaims: ['exp'],
  maxTokenAge: '1d',
  typ: 'JWT',
  clockTolerance: 5
})

export const jwtHs = jwt((tokens) => ({
  secret: tokens.secret,
  verify: { algorithms: ['HS256'], ...strict(tokens) }
}))
export const jwtHsCached = jwt((tokens) => ({
  secret: tokens.secret,
  verify: { algorithms: ['HS256'], cache: 1000, ...strict(tokens) }
}))

const unauthorized = () => Object.assign(new Error('Unauthorized'), { statusCode: 401 })

// Added by hand, to be as strict as ours: a token has one spelling, so that a list of tokens can't be got round, it
// is not made in the future, is none for another purpose and none that was ended.
const ended = new Set()
// The allowed last characters, by how many there are beyond fours: the bits past the end are zero.
const last = [undefined, '', 'AQgw', 'AEIMQUYcgkosw048']
function endsWell(token, from, to) {
  const rest = (to - from) % 4
  return rest === 0 || last[rest].includes(token.charAt(to - 1))
}
function byHand(token, { jti, iat, nonce, at_hash: accessHash, c_hash: codeHash }) {
  const first = token.indexOf('.')
  const second = token.lastIndexOf('.')
  const one =
    endsWell(token, 0, first) &&
    endsWell(token, first + 1, second) &&
    endsWell(token, second + 1, token.length)
  const other = nonce !== undefined || accessHash !== undefined || codeHash !== undefined
  if (!one || iat * 1000 > Date.now() + 5000 || other || ended.has(jti)) throw unauthorized()
}

// Of padding and whitespace jose takes some.
const base64url = /^[\w.-]+$/
function byHandForJose(token, claims) {
  if (!base64url.test(token)) throw unauthorized()
  byHand(token, claims)
}

const fastJwt = (options, check) =>
  alone(async (app, tokens) => {
    const verify = createVerifier({ ...options(tokens), ...strict(tokens) })
    return {
      onRequest: [
        (request, reply, done) => {
          try {
            const token = request.headers.authorization?.slice(7) ?? ''
            request.user = verify(token)
            check?.(token, request.user)
            done()
          } catch {
            done(unauthorized())
          }
        }
      ]
    }
  })

const key = (alg) => (tokens) => ({
  key: alg === 'HS256' ? tokens.secret : tokens.keys[alg],
  algorithms: [alg]
})
export const fastJwtHs = fastJwt(key('HS256'))
export const fastJwtHsCached = fastJwt((tokens) => ({ ...key('HS256')(tokens), cache: 1000 }))
export const fastJwtHsStrict = fastJwt(key('HS256'), byHand)
export const fastJwtRs = fastJwt(key('RS256'))
export const fastJwtEd = fastJwt(key('EdDSA'))
export const fastJwtRsStrict = fastJwt(key('RS256'), byHand)
export const fastJwtEdStrict = fastJwt(key('EdDSA'), byHand)

const joseWith = (alg, check) =>
  alone(async (app, tokens) => {
    const { importSPKI, jwtVerify } = await import('jose')
    const verifyKey =
      alg === 'HS256' ? new TextEncoder().encode(tokens.secret) : await importSPKI(tokens.keys[alg], alg)
    const options = { algorithms: [alg], ...strictForJose(tokens) }
    return {
      onRequest: [
        async (request) => {
          try {
            const token = request.headers.authorization?.slice(7) ?? ''
            const { payload } = await jwtVerify(token, verifyKey, options)
            check?.(token, payload)
            request.user = payload
          } catch {
            throw unauthorized()
          }
        }
      ]
    }
  })

export const joseHs = joseWith('HS256')
export const joseRs = joseWith('RS256')
export const joseEd = joseWith('EdDSA')
export const joseRsStrict = joseWith('RS256', byHandForJose)
export const joseEdStrict = joseWith('EdDSA', byHandForJose)

/** Fastify's own 404. */
export const notFound = alone(() => undefined)

/** An error of the route's that Fastify's own handler answers. */
export const thrown = alone((app) => {
  app.get('/gone', async () => {
    throw Object.assign(new Error('User not found'), { statusCode: 404 })
  })
})
