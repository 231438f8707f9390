// New keys at run time.
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import FakeTimers from '@sinonjs/fake-timers'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { bearer, cookieOf } from './helpers.ts'

const newSecret = () => randomBytes(33).toString('base64')
const newPem = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

async function build(t: Test, options: AuthOptions) {
  const app: FastifyInstance = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, options)
  app.get('/me', { onRequest: app.authenticate }, async ({ user }) => user)
  app.get('/verify', async (request) => request.jwtVerify({ maxAge: '1h' }))
  app.get('/sign', async (_request, reply) => (reply as never as Signs).jwtSign({ sub: 'bob' }))
  app.get('/sign-for', async (_request, reply) =>
    (reply as never as Signs).jwtSign({ sub: 'bob' }, { expiresIn: '1m' })
  )
  app.post('/login', async (request) => {
    request.session.set('user', { id: 'ada' })
    return 'in'
  })
  await app.ready()
  const status = async (url: string, token: string) =>
    (await app.inject({ url, headers: bearer(token) })).statusCode
  const issue = async () => (await app.auth.issueTokens({ sub: 'ada' })).accessToken
  return { app, status, issue }
}

interface Signs {
  jwtSign(payload: object, options?: object): Promise<string>
}

const isSignedBy = (token: string, secret: string): boolean => {
  const [header, claims, signature] = token.split('.')
  return createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url') === signature
}

t.test('every way to sign uses the new secret, and every way to verify takes both', async (t) => {
  const [old, young] = [newSecret(), newSecret()]
  const { app, status, issue } = await build(t, { jwt: { secret: old, cache: 0 } })
  const before = [await issue(), app.jwt.sign({ sub: 'ada' }), (await app.inject('/sign')).body]
  await app.auth.rotateKeys({ jwt: young })
  const after = [
    await issue(),
    app.jwt.sign({ sub: 'ada' }),
    app.jwt.sign({ sub: 'ada' }, { expiresIn: '1m' }),
    (await app.inject('/sign')).body,
    (await app.inject('/sign-for')).body
  ]
  for (const token of before) t.ok(isSignedBy(token, old))
  for (const token of after) t.ok(isSignedBy(token, young))
  for (const token of [...before, ...after]) {
    t.equal(await status('/me', token), 200)
    t.equal(await status('/verify', token), 200)
    t.match(app.jwt.verify(token), { iss: 'seaworthy' })
  }
  const foreign = app.jwt.sign({ sub: 'ada' }, { key: newSecret() })
  for (const url of ['/me', '/verify']) t.equal(await status(url, foreign), 401)
  t.throws(() => app.jwt.verify(foreign))
})

t.test('a replaced secret verifies until its last token has expired', async (t) => {
  const [old, young] = [newSecret(), newSecret()]
  const { app, status } = await build(t, { jwt: { secret: old, cache: 0, expiresIn: 60, clockTolerance: 0 } })
  const clock = FakeTimers.install({ toFake: ['Date'], now: Date.now() })
  t.teardown(() => clock.uninstall())
  await app.auth.rotateKeys({ jwt: young })
  const forged = () => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: 'seaworthy', aud: 'seaworthy', sub: 'eve', iat: now, exp: now + 30 }
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
    return `${text}.${createHmac('sha256', old).update(text).digest('base64url')}`
  }
  t.equal(await status('/me', forged()), 200)
  clock.tick(61_000)
  t.equal(await status('/me', forged()), 401, 'who has the old secret cannot sign for ever')
  t.equal(await status('/verify', forged()), 401)
  t.throws(() => app.jwt.verify(forged()))
})

t.test('a key pair is rotated likewise, and one for another algorithm is rejected', async (t) => {
  const { app, status, issue } = await build(t, { jwt: { key: newPem() } })
  const before = await issue()
  await app.auth.rotateKeys({ jwt: newPem() })
  const after = await issue()
  for (const token of [before, after]) {
    t.equal(await status('/me', token), 200)
    t.equal(await status('/verify', token), 200)
    t.match(app.jwt.verify(token), { sub: 'ada' })
  }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const other = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await t.rejects(app.auth.rotateKeys({ jwt: other }), { code: 'INVALID_OPTION' })
})

for (const [name, session, next] of [
  ['a key', { key: randomBytes(32) }, randomBytes(32)],
  ['a secret', { secret: newSecret() }, newSecret()]
] as const) {
  t.test(`${name} of sessions is rotated, and cookies from before are sealed again`, async (t) => {
    const { app } = await build(t, { session: { ...session, absoluteTimeout: 3_600_000 } })
    const login = async () => cookieOf((await app.inject({ method: 'POST', url: '/login' })).headers)
    const me = (cookie: string) => app.inject({ url: '/me', headers: { cookie } })
    const before = await login()
    const signed = app.signCookie('a')
    await app.auth.rotateKeys({ session: next })
    const answer = await me(before)
    t.equal(answer.statusCode, 200)
    const renewed = cookieOf(answer.headers)
    t.match(app.unsignCookie(signed), { valid: true, renew: true, value: 'a' })
    t.match(app.unsignCookie(app.signCookie('a')), { valid: true, renew: false })
    t.equal((await me(await login())).statusCode, 200)

    const clock = FakeTimers.install({ toFake: ['Date'], now: Date.now() + 3_600_001 })
    t.teardown(() => clock.uninstall())
    t.equal(await app.decodeSecureSession(before.slice(before.indexOf('=') + 1)), null)
    t.match(app.unsignCookie(signed), { valid: false })
    t.ok(renewed !== '')
  })
}

t.test('keys that the options would not take change nothing', async (t) => {
  const secret = newSecret()
  const { app, issue } = await build(t, { jwt: { secret } })
  for (const keys of [
    { jwt: 'short' },
    { jwt: 'change-me-change-me-change-me-change-me' },
    { jwt: newPem() },
    { session: randomBytes(32) },
    { jwt: newSecret(), session: randomBytes(32) },
    { secret: newSecret() } as never
  ])
    await t.rejects(app.auth.rotateKeys(keys), { code: 'INVALID_OPTION' })
  t.ok(isSignedBy(await issue(), secret))
  await app.auth.rotateKeys({ jwt: secret })
  await app.auth.rotateKeys({})
  t.ok(isSignedBy(await issue(), secret), 'the same secret is no rotation')
  const { app: without } = await build(t, { session: { key: randomBytes(32) } })
  await t.rejects(without.auth.rotateKeys({ jwt: newSecret() }), { code: 'INVALID_OPTION' })
})
