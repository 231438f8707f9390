import { randomBytes } from 'node:crypto'
import Fastify from 'fastify'
import t from 'tap'
import { auth } from '../src/index.ts'
import { cookieOf } from './helpers.ts'

t.test('a session that does not fit into a cookie is rejected, and the log says so', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => void lines.push(line) } } })
  t.teardown(() => app.close())
  await app.register(auth, { session: { key: randomBytes(32) } })
  app.post('/login', async ({ session, body }) => {
    session.set('user', { sub: 'ada', ...(body as object) })
    return 'in'
  })
  app.post('/logout', async ({ session }) => {
    session.delete()
    return 'out'
  })
  app.get('/me', { config: { auth: true } }, async ({ user }) => Object.keys(user))
  await app.ready()
  const login = (length: number, headers = {}) =>
    app.inject({ method: 'POST', url: '/login', headers, payload: { groups: 'é'.repeat(length / 2) } })

  let longest = 0
  for (let length = 2000; length <= 4000; length += 50) {
    const { statusCode, headers, body } = await login(length)
    if (statusCode === 200) {
      longest = Math.max(longest, cookieOf(headers).length)
      t.equal((await app.inject({ url: '/me', headers: { cookie: cookieOf(headers) } })).statusCode, 200)
    } else {
      t.match(body, /AUTH_SESSION_TOO_LARGE/)
      t.equal(headers['set-cookie'], undefined, 'no cookie that a browser would drop')
    }
  }
  t.ok(longest > 3700 && longest <= 4096, `${longest} bytes`)
  t.equal((await app.auth.sessions.list('ada')).length > 0, true)
  t.match(lines.join(''), /cookie of \d+ bytes.*4096/)

  const cookie = cookieOf((await login(100)).headers)
  t.equal((await login(8000, { cookie })).statusCode, 500)
  t.equal(
    (await app.inject({ url: '/me', headers: { cookie } })).statusCode,
    200,
    'the session stays as it was'
  )
  const { statusCode } = await app.inject({ method: 'POST', url: '/logout', headers: { cookie } })
  t.equal(statusCode, 200)
})
