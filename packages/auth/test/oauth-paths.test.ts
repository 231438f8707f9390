import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { auth } from '../src/index.ts'
import { cookieOf, listen } from './helpers.ts'

/** An app with a login in a scope, at a provider that accepts any code. */
async function start(t: Test, prefix: string, callbackPath: string) {
  const provider = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: 'token', token_type: 'bearer' }))
  })
  const { url } = await listen(t, provider)
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(
    async (scope) => {
      await scope.register(auth, {
        session: { key: randomBytes(32), cookie: { secure: false } },
        oauth2: {
          git: {
            endpoints: { authorizeHost: url, authorizePath: '/login', tokenHost: url, tokenPath: '/token' },
            profile: async () => ({ subject: '1', verifiedEmail: undefined, name: undefined, claims: {} }),
            clientId: 'app',
            clientSecret: 'secret',
            callbackUrl: `http://127.0.0.1:8080${callbackPath}`,
            onLogin: ({ subject }) => ({ id: subject })
          }
        }
      })
      scope.get('/me', { config: { auth: true } }, async () => 'me')
    },
    { prefix }
  )
  await app.ready()
  return async (returnTo: string, code = 'code') => {
    const started = await app.inject(`${prefix}/login/git?returnTo=${encodeURIComponent(returnTo)}`)
    const cookie = cookieOf(started.headers)
    const state = new URL(started.headers.location!).searchParams.get('state')
    const done = await app.inject({ url: `${callbackPath}?code=${code}&state=${state}`, headers: { cookie } })
    return { cookie, status: done.statusCode, location: done.headers.location }
  }
}

t.test('a path that would not fit into a cookie is left out, in any script', async (t) => {
  const login = await start(t, '', '/callback')
  const paths: [path: string, location: string][] = [
    [`/${'a'.repeat(2047)}`, `/${'a'.repeat(2047)}`],
    [`/${'日'.repeat(227)}`, `/${'%E6%97%A5'.repeat(227)}`],
    [`/${'日'.repeat(228)}`, '/'],
    [`/${'日'.repeat(2000)}`, '/'],
    [`/?q=${'%'.repeat(2000)}`, `/?q=${'%'.repeat(2000)}`]
  ]
  for (const [path, location] of paths) {
    const done = await login(path)
    t.ok(done.cookie.length <= 4096, `${done.cookie.length} bytes`)
    t.match(done, { status: 302, location })
  }
})

t.test('a login in a scope with a prefix comes back to its own callback', async (t) => {
  const login = await start(t, '/shop', '/shop/login/git/callback')
  t.match(await login('/orders'), { status: 302, location: '/orders' })
})

t.test('a code with a question mark arrives whole', async (t) => {
  const login = await start(t, '', '/callback')
  t.match(await login('/orders', 'a?b'), { status: 302, location: '/orders' })
})
