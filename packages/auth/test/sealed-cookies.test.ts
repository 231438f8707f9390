import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import FakeTimers from '@sinonjs/fake-timers'
import Fastify from 'fastify'
import fc from 'fast-check'
import { CompactEncrypt, compactDecrypt } from 'jose'
import t, { type Test } from 'tap'
import { auth, type SessionOptions } from '../src/index.ts'
import { cookieOf } from './helpers.ts'

const key = randomBytes(32)

async function build(t: Test, session: SessionOptions = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { session: { key, ...session } })
  app.post('/cart', async ({ session, body }) => {
    session.set('cart', body)
    return 'put'
  })
  app.post('/new', async ({ session }) => {
    session.regenerate(['cart'])
    return 'new'
  })
  app.get('/cart', async ({ session }) => ({ cart: session.get('cart') }))
  app.get('/nothing', async () => 'nothing')
  await app.ready()
  const put = async (cart: object) =>
    cookieOf((await app.inject({ method: 'POST', url: '/cart', payload: cart })).headers)
  const read = (cookie: string) => app.inject({ url: '/cart', headers: { cookie } })
  return { app, put, read }
}

const seal = (text: string, alg: string, enc: string, secret: Uint8Array): Promise<string> =>
  new CompactEncrypt(Buffer.from(text)).setProtectedHeader({ alg, enc }).encrypt(secret)

t.test('a cookie is JSON Web Encryption: other programs with the key can read and make it', async (t) => {
  const { put, read } = await build(t)
  const [name, value] = (await put(['book'])).split('=') as [string, string]
  const { plaintext, protectedHeader } = await compactDecrypt(value, key)
  t.same(protectedHeader, { alg: 'dir', enc: 'A256GCM' })
  t.match(JSON.parse(Buffer.from(plaintext).toString()), { iat: Number, session: { cart: ['book'] } })
  const text = JSON.stringify({ iat: Math.round(Date.now() / 1000), session: { cart: ['pen'] } })
  const made = await read(`${name}=${await seal(text, 'dir', 'A256GCM', key)}`)
  t.same(made.json(), { cart: ['pen'] })
})

t.test('a cookie of another algorithm, key or shape is an empty session', async (t) => {
  const { read } = await build(t)
  const text = JSON.stringify({ iat: Math.round(Date.now() / 1000), session: { cart: ['pen'] } })
  const values = [
    await seal(text, 'A256KW', 'A256GCM', key),
    await seal(text, 'A256GCMKW', 'A256GCM', key),
    await seal(text, 'dir', 'A128CBC-HS256', key),
    await seal(text, 'dir', 'A256GCM', randomBytes(32)),
    ...(await Promise.all(
      ['null', '1', '{}', '{"iat":"1","session":{}}', '{"iat":1e999,"session":null}', 'x'].map((bad) =>
        seal(bad, 'dir', 'A256GCM', key)
      )
    )),
    `${await seal(text, 'dir', 'A256GCM', key)}.x`,
    'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..',
    `eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..${'A'.repeat(10_000)}`
  ]
  for (const value of values) {
    const { statusCode, body } = await read(`__Host-session=${value}`)
    t.same([statusCode, body], [200, '{}'], value.slice(0, 60))
  }
})

t.test('any content comes back as it was, and its length is known before', async (t) => {
  const { app } = await build(t)
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (data) => {
      const session = app.createSecureSession(data)
      const read = await app.decodeSecureSession(await app.encodeSecureSession(session))
      t.same(JSON.parse(JSON.stringify(read!.data())), JSON.parse(JSON.stringify(data)))
    }),
    { numRuns: 100 }
  )
  const hostile = JSON.parse('{"__proto__":{"roles":["admin"]},"constructor":1,"then":2}') as Record<
    string,
    unknown
  >
  const read = await app.decodeSecureSession(await app.encodeSecureSession(app.createSecureSession(hostile)))
  t.equal(({} as { roles?: unknown }).roles, undefined)
  t.equal(read!.get('roles'), undefined)
  t.same(read!.get('constructor'), 1)
})

t.test('keys of a session are its properties, and regenerate removes the others', async (t) => {
  const { app, put, read } = await build(t)
  const session = app.createSecureSession({ cart: 1, other: 2 }) as unknown as Record<string, unknown> & {
    regenerate(keep: string[]): void
    data(): object
  }
  session.more = 3
  t.same([session.cart, session.more, session.changed], [1, 3, true])
  session.regenerate(['more'])
  t.same(session.data(), { more: 3 })
  const cookie = await put(['book'])
  const headers = { cookie }
  const renewed = cookieOf((await app.inject({ method: 'POST', url: '/new', headers })).headers)
  t.not(renewed, cookie)
  t.same((await read(renewed)).json(), { cart: ['book'] })
})

t.test('a session without a user expires too, and an old key is replaced by the response', async (t) => {
  const clock = FakeTimers.install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const { put, read } = await build(t, { absoluteTimeout: 60_000 })
  const cookie = await put(['book'])
  clock.tick(50_000)
  t.same((await read(cookie)).json(), { cart: ['book'] })
  clock.tick(11_000)
  t.same((await read(cookie)).json(), {})

  const young = randomBytes(32)
  const rotated = await build(t, { key: [young, key] })
  const fresh = await put(['pen'])
  const answer = await rotated.read(fresh)
  t.same(answer.json(), { cart: ['pen'] })
  const value = cookieOf(answer.headers).split('=')[1]!
  await t.resolves(compactDecrypt(value, young), 'sealed with the current key')
  t.equal((await rotated.read(`__Host-session=${value}`)).headers['set-cookie'], undefined)
})

t.test('a request that does not read its session sets no cookie', async (t) => {
  const { app } = await build(t)
  t.equal((await app.inject('/nothing')).headers['set-cookie'], undefined)
})

t.test('cookies of the app can be signed without a secret of their own', async (t) => {
  const { app } = await build(t)
  t.match(app.unsignCookie(app.signCookie('a')), { valid: true, value: 'a' })
})

t.test('no binary of libsodium is installed', async (t) => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    dependencies: object
    peerDependencies: object
  }
  t.notMatch(
    Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).join(),
    /sodium|secure-session/
  )
})
