// Access by the roles and scopes of a token, and by policies.
import fc from 'fast-check'
import Fastify from 'fastify'
import t from 'tap'
import { auth } from '../src/index.ts'
import { bearer, secret } from './helpers.ts'
import { tokenApp } from './token-app.ts'

t.test('a request without the required role or scope gets 403, and no handler runs', async (t) => {
  const { app, ask, ran } = await tokenApp(t)
  for (const roles of [undefined, [], ['user'], ['administrator'], 'adminx', ['ADMIN']]) {
    const { accessToken } = await app.auth.issueTokens({ sub: 'ada', ...(roles ? { roles } : {}) })
    t.equal((await ask('/users/1', accessToken, 'DELETE')).statusCode, 403, JSON.stringify(roles))
  }
  const scopeless = await ask('/reports', (await app.auth.issueTokens({ sub: 'ada' })).accessToken)
  t.equal(scopeless.statusCode, 403)
  t.match(scopeless.headers['www-authenticate'], /error="insufficient_scope"/)
  t.equal(ran.count, 0)

  const scoped = await app.auth.issueTokens({ sub: 'ada', scope: 'a reports:read' })
  t.equal((await ask('/reports', scoped.accessToken)).statusCode, 200)
  t.equal(
    (await ask('/users/1', 'broken', 'DELETE')).statusCode,
    401,
    'an invalid token is not a missing role'
  )
})

t.test('a role grants the roles that it includes, and `role` counts as `roles`', async (t) => {
  const { app, ask } = await tokenApp(t, { roles: { root: ['admin'], admin: ['user'], user: [] } })
  for (const [granted, status] of [
    [{ roles: ['root'] }, 200],
    [{ role: 'admin' }, 200],
    [{ roles: ['user'] }, 403]
  ] as const) {
    const { accessToken } = await app.auth.issueTokens({ sub: 'ada', ...granted })
    t.equal((await ask('/users/1', accessToken, 'DELETE')).statusCode, status)
  }
})

t.test('a route allows exactly the tokens with its role', async (t) => {
  const roles = ['admin', 'editor', 'user']
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { jwt: { secret }, roles })
  for (const role of roles) app.get(`/${role}`, { config: { auth: { roles: role } } }, async () => role)
  await fc.assert(
    fc.asyncProperty(fc.subarray(roles), fc.constantFrom(...roles), async (granted, required) => {
      const { accessToken } = await app.auth.issueTokens({ sub: 'ada', roles: granted })
      const headers = bearer(accessToken)
      return (
        (await app.inject({ url: `/${required}`, headers })).statusCode ===
        (granted.includes(required) ? 200 : 403)
      )
    }),
    { numRuns: 60 }
  )
  t.ok(app.auth.matrix().length >= roles.length, 'the matrix has the routes')
  t.match(app.auth.printMatrix(), /editor/)
})

t.test('defaultDeny stops the start for a route without an access rule', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { jwt: { secret }, defaultDeny: true })
  app.get('/forgotten', async () => 'x')
  app.get('/open', { config: { auth: false } }, async () => 'x')
  await t.rejects(async () => app.ready(), { message: /GET \/forgotten/ })
})

t.test('a policy allows a request only by returning true', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const answers: unknown[] = [true, false, undefined, 'yes', {}, 1]
  let answer: unknown
  await app.register(auth, { jwt: { secret }, policies: { mood: () => answer as boolean } })
  app.get('/mood', { config: { auth: { policies: 'mood' } } }, async () => 'x')
  app.get<{ Params: { id: string } }>(
    '/users/:id',
    {
      config: {
        auth: { owner: (request, { identity }) => (request.params as { id: string }).id === identity.subject }
      }
    },
    async () => 'x'
  )
  const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
  const headers = bearer(accessToken)
  for (answer of answers) {
    t.equal((await app.inject({ url: '/mood', headers })).statusCode, answer === true ? 200 : 403)
  }
  t.equal((await app.inject({ url: '/users/ada', headers })).statusCode, 200)
  t.equal((await app.inject({ url: '/users/bob', headers })).statusCode, 403)
  t.equal((await app.inject({ url: '/users/ada' })).statusCode, 401)
})
