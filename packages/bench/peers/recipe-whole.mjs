// The recipe with what no request to the measured route passes: Sentry, a breaker, sessions and a login through Google.
// For start-up and memory, which these decide.
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { recipe } from './recipe.mjs'

const require = createRequire(import.meta.url)

const dsn = 'http://public@127.0.0.1:9/1'

function sentry(app, Sentry) {
  app.addHook('onError', async (request, reply, error) => {
    if (error.validation) return
    Sentry.captureException(error, { tags: { url: request.url, statusCode: reply.statusCode } })
  })
}

function breaker(app) {
  const CircuitBreaker = require('opossum')
  const guarded = new CircuitBreaker(async (id) => ({ id }), {
    timeout: 3000,
    errorThresholdPercentage: 50,
    resetTimeout: 30_000
  })
  guarded.fallback(() => ({ cached: true }))
  app.get('/guarded/:id', async (request) => guarded.fire(request.params.id))
}

async function login(app) {
  const oauth2 = require('@fastify/oauth2')
  await app.register(oauth2, {
    name: 'googleOAuth2',
    scope: ['email'],
    credentials: { client: { id: 'id', secret: 'secret' }, auth: oauth2.GOOGLE_CONFIGURATION },
    startRedirectPath: '/login/google',
    callbackUri: 'http://localhost:3000/login/google/callback'
  })
}

const whole = (session) => async (tokens) => {
  const Sentry = require('@sentry/node')
  Sentry.init({ dsn, tracesSampleRate: 0.1 })
  const app = await recipe(tokens)
  sentry(app, Sentry)
  await login(app)
  await app.register(require('@fastify/secure-session'), {
    ...session(),
    cookie: { path: '/', httpOnly: true, secure: true, sameSite: 'strict', maxAge: 86_400 }
  })
  breaker(app)
  return app
}

/** As it is written: the session's key is derived from a secret and a salt. */
export const recipeWhole = whole(() => ({
  secret: randomBytes(32).toString('hex'),
  salt: randomBytes(8).toString('hex')
}))

/** With a key that a client may have changed. */
export const recipeWholeByKey = whole(() => ({ key: randomBytes(32) }))
