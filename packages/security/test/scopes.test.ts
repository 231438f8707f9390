// Two registrations of one plugin, in an app and in a scope of it: each has its own routes.
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { cors, headers, type CorsOptions } from '../src/index.ts'
import { createApp, ok } from './helpers.ts'

const [outerOrigin, innerOrigin] = ['https://outer.example', 'https://inner.example']

const outer: Record<string, CorsOptions> = {
  'a list': { origin: [outerOrigin], credentials: true },
  'every origin': { origin: '*' },
  'a function': { origin: (origin, done) => done(null, origin === outerOrigin), credentials: true },
  'a delegator': { delegator: async () => ({ origin: outerOrigin, credentials: true }) },
  'a later hook': { origin: [outerOrigin], hook: 'preHandler' }
}
const inner: Record<string, CorsOptions> = {
  'a list': { origin: [innerOrigin], credentials: true },
  'every origin': { origin: '*' },
  'no origin': { origin: false },
  'a function': { origin: async (origin: string | undefined) => origin === innerOrigin }
}

async function buildCors(t: Test, around: CorsOptions, within: CorsOptions): Promise<FastifyInstance> {
  const app = createApp(t)
  await app.register(cors, around)
  app.get('/', ok)
  await app.register(
    async (scope) => {
      await scope.register(cors, within)
      scope.get('/', ok)
      scope.get('/route', { config: { cors: { exposedHeaders: 'x-total' } } }, ok)
      await scope.register(async (deeper) => void deeper.get('/deep', ok))
    },
    { prefix: '/in' }
  )
  return app
}

for (const [outerName, around] of Object.entries(outer)) {
  for (const [innerName, within] of Object.entries(inner)) {
    t.test(`cors: ${innerName} in a scope, within ${outerName}`, async (t) => {
      const app = await buildCors(t, around, within)
      const ask = async (url: string, origin: string, method: 'GET' | 'OPTIONS') => {
        const request = { origin, 'access-control-request-method': 'GET' }
        const { headers } = await app.inject({ method, url, headers: request })
        return [headers['access-control-allow-origin'], headers['access-control-allow-credentials']]
      }
      const allowedInside = (origin: string) =>
        within.origin === '*' ? '*' : within.origin !== false && origin === innerOrigin ? origin : undefined
      const allowedOutside = (origin: string) =>
        around.origin === '*' ? '*' : origin === outerOrigin ? origin : undefined
      for (const method of ['GET', 'OPTIONS'] as const) {
        for (const origin of [outerOrigin, innerOrigin]) {
          for (const url of ['/in', '/in/route', '/in/deep']) {
            const [allowed, credentials] = await ask(url, origin, method)
            t.equal(allowed, allowedInside(origin), `${method} ${url} of ${origin}`)
            if (allowed === '*') t.equal(credentials, undefined)
          }
          t.equal((await ask('/', origin, method))[0], allowedOutside(origin), `${method} / of ${origin}`)
        }
      }
    })
  }
}

t.test('cors: a second registration for the same routes is rejected by name', async (t) => {
  const app = createApp(t)
  await app.register(cors, { origin: [outerOrigin] })
  await t.rejects(
    async () =>
      app.register(async (scope) => {
        await scope.register(cors, { origin: [innerOrigin] })
      }),
    { code: 'INVALID_OPTION', message: /"cors" is registered twice for the routes under "\/"/ }
  )
})

t.test('headers: the options of a scope hold for its routes, also for those with options', async (t) => {
  const app = createApp(t)
  await app.register(headers, { frameguard: { action: 'sameorigin' } })
  app.get('/', { config: { headers: { xDnsPrefetchControl: false } } }, ok)
  await app.register(
    async (scope) => {
      const directives = { 'default-src': ["'self'"] }
      const contentSecurityPolicy = { useDefaults: false, directives } as const
      await scope.register(headers, { contentSecurityPolicy, permissionsPolicy: 'camera=()' })
      scope.get('/', ok)
      scope.get('/route', { config: { headers: { xDnsPrefetchControl: false } } }, ok)
      scope.get('/call', (_request, reply) => {
        reply.helmet({ xDnsPrefetchControl: false })
        return 'ok'
      })
      scope.get('/bare', (_request, reply) => {
        reply.helmet()
        return 'ok'
      })
    },
    { prefix: '/in' }
  )
  for (const url of ['/in', '/in/route', '/in/call', '/in/bare']) {
    const { headers: sent } = await app.inject(url)
    t.equal(sent['content-security-policy'], "default-src 'self'", url)
    t.equal(sent['permissions-policy'], 'camera=()', url)
    t.equal('x-dns-prefetch-control' in sent, url === '/in' || url === '/in/bare', url)
  }
  const { headers: sent } = await app.inject('/')
  t.equal(sent['x-frame-options'], 'SAMEORIGIN')
  t.notOk('x-dns-prefetch-control' in sent)
})
