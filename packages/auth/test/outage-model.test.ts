import { randomBytes } from 'node:crypto'
import { requires, startRedis, until } from '@seaworthy/testing'
import Fastify from 'fastify'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { auth } from '../src/index.ts'
import { bearer, cookieOf } from './helpers.ts'

/** The state of a login, as far as the test can know. `maybe`: a change was not confirmed. `lost`: Redis has forgotten it. */
type Fate = 'alive' | 'maybe' | 'ended' | 'lost'
interface Login {
  user: string
  cookie: string
  session: Fate
  refreshToken: string
  family: Fate
}

const events = [
  'login',
  'login',
  'request',
  'request',
  'refresh',
  'refresh',
  'logout',
  'revoke',
  'freeze',
  'thaw',
  'kill',
  'restart',
  'forget scripts'
] as const
const users = ['ada', 'bob']
/** Attempts after which a service that gets answers again must let a user in. */
const bound = 100

requires(
  ['redis-server'],
  'whatever happens to Redis in which order, logins work again, and what has ended stays so',
  async (t) => {
    const redis = await startRedis(t)
    const client = new Redis({ port: redis.port, retryStrategy: () => 20 })
    client.on('error', () => undefined)
    t.teardown(() => client.disconnect())
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(auth, {
      jwt: { secret: randomBytes(32).toString('base64'), refreshGrace: 0 },
      session: { key: randomBytes(32) },
      redis: client,
      // A busy machine may take longer than the default for what is answered at all.
      storeTimeout: 500,
      revocation: { pollInterval: 50 }
    })
    app.post('/login', async ({ session, body }) => {
      session.set('user', body)
      return 'in'
    })
    app.post('/logout', async ({ session }) => {
      session.delete()
      return 'out'
    })
    app.get('/me', { config: { auth: true } }, async () => 'me')
    await app.ready()

    let server: 'up' | 'frozen' | 'dead' = 'up'
    const logins: Login[] = []
    const statusOf = async (call: Promise<unknown>): Promise<number> =>
      call.then(
        () => 200,
        (error: { statusCode?: number }) => error.statusCode ?? 500
      )
    const post = (url: string, payload: object, cookie = '') =>
      app.inject({ method: 'POST', url, payload, headers: cookie === '' ? {} : { cookie } })
    const me = async (headers: Record<string, string>) =>
      (await app.inject({ url: '/me', headers })).statusCode

    /** A status that fits what is known. During an outage 503 always does. */
    const fits = (status: number, fate: Fate): boolean => {
      if (status === 503) return true
      if (status === 200) return fate === 'alive' || fate === 'maybe'
      return status === 401 && fate !== 'alive'
    }
    const weaken = (fate: Fate, to: 'ended' | 'lost' | 'maybe'): Fate =>
      fate === 'ended' || (fate === 'lost' && to === 'maybe') ? fate : to

    async function login(user: string): Promise<number> {
      const response = await post('/login', { sub: user })
      if (response.statusCode !== 200) return response.statusCode
      const pair = await app.auth.issueTokens({ sub: user }).catch(() => undefined)
      logins.push({
        user,
        cookie: cookieOf(response.headers),
        session: 'alive',
        refreshToken: pair?.refreshToken ?? '',
        family: pair === undefined ? 'lost' : 'alive'
      })
      return 200
    }

    async function refresh(login: Login): Promise<void> {
      const pair = await app.auth.refresh(login.refreshToken).catch((error: { statusCode: number }) => error)
      if ('accessToken' in pair) {
        t.ok(fits(200, login.family), `a refresh of a login that is ${login.family}`)
        login.refreshToken = pair.refreshToken
        login.family = 'alive'
        const status = await me(bearer(pair.accessToken))
        t.ok(status === 200 || login.family !== 'alive', `its token gets ${status}`)
        return
      }
      t.ok(
        fits(pair.statusCode, login.family),
        `${pair.statusCode} to a refresh of a login that is ${login.family}`
      )
      // The rotation may have happened without an answer: then the token is used.
      if (pair.statusCode === 503) login.family = weaken(login.family, 'maybe')
      else login.family = 'ended'
    }

    async function revoke(user: string): Promise<void> {
      const status = await statusOf(app.auth.revoke({ user }))
      t.ok(status === 200 || status === 503, `${status} to a revocation`)
      for (const login of logins.filter((login) => login.user === user)) {
        login.session = weaken(login.session, status === 200 ? 'ended' : 'maybe')
        login.family = weaken(login.family, status === 200 ? 'ended' : 'maybe')
      }
    }

    async function logout(login: Login): Promise<void> {
      const { statusCode } = await post('/logout', {}, login.cookie)
      t.ok(statusCode === 200 || statusCode === 503, `${statusCode} to a logout`)
      login.session = weaken(login.session, statusCode === 200 ? 'ended' : 'maybe')
    }

    async function revive(): Promise<void> {
      if (server === 'dead') await redis.restart()
      if (server === 'frozen') redis.thaw()
      server = 'up'
    }

    async function happen(event: (typeof events)[number], pick: number): Promise<void> {
      const one = logins[pick % Math.max(1, logins.length)]
      const user = users[pick % users.length]!
      if (event === 'login') {
        const status = await login(user)
        t.ok(status === 200 || status === 503, `${status} to a login`)
      } else if (event === 'revoke') await revoke(user)
      else if (event === 'freeze' && server === 'up') {
        redis.freeze()
        server = 'frozen'
      } else if (event === 'thaw' && server === 'frozen') await revive()
      else if (event === 'kill' && server !== 'dead') {
        await redis.kill()
        server = 'dead'
        for (const login of logins)
          Object.assign(login, {
            session: weaken(login.session, 'lost'),
            family: weaken(login.family, 'lost')
          })
      } else if (event === 'restart' && server === 'dead') await revive()
      else if (event === 'forget scripts' && server === 'up')
        await client.script('FLUSH').catch(() => undefined)
      else if (one !== undefined && event === 'request') {
        const status = await me({ cookie: one.cookie })
        t.ok(fits(status, one.session), `${status} to a session that is ${one.session}`)
      } else if (one !== undefined && event === 'refresh' && one.refreshToken !== '') await refresh(one)
      else if (one !== undefined && event === 'logout') await logout(one)
    }

    async function comeBack(): Promise<void> {
      await revive()
      await until('the connection', () => client.ping().then(() => true))
      let attempts = 0
      // Reads and changes are watched apart, so a login and its first request are each a sign.
      await until('a login and its request', async () => {
        attempts++
        if ((await login('ada')) !== 200) return false
        return (await me({ cookie: logins.at(-1)!.cookie })) === 200
      })
      t.ok(attempts <= bound, `${attempts} attempts`)
      // From here on no answer may be 503, and each login is what it should be.
      for (const login of logins) {
        const status = await me({ cookie: login.cookie })
        t.ok(status !== 503 && fits(status, login.session), `${status} to a session that is ${login.session}`)
        if (login.refreshToken === '') continue
        const refreshed = await statusOf(app.auth.refresh(login.refreshToken))
        t.ok(
          refreshed !== 503 && fits(refreshed, login.family),
          `${refreshed} to a login that is ${login.family}`
        )
      }
      logins.length = 0
    }

    const step = fc.tuple(fc.constantFrom(...events), fc.nat(7))
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 20 }), async (steps) => {
        for (const [event, pick] of steps) await happen(event, pick)
        await comeBack()
        return t.passing()
      }),
      { numRuns: 15, endOnFailure: true }
    )
  }
)
