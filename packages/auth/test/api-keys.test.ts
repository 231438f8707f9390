import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import FakeTimers from '@sinonjs/fake-timers'
import Fastify from 'fastify'
import fc from 'fast-check'
import t from 'tap'
import { GuessCounter } from '../src/api-keys/guess-counter.ts'
import { auth, type ApiKeyRecord } from '../src/index.ts'
import { apiKeyApp } from './api-key-app.ts'

t.test('scopes and roles of a key are enforced as those of a token', async (t) => {
  const { add, get, status } = await apiKeyApp(t)
  const { key: reader } = add({ scopes: ['orders:read'] })
  const { key: writer } = add({ scopes: ['orders:read', 'orders:write'], roles: ['admin'] })
  const { key: none } = add({ scopes: 'orders:read orders:write' as never, roles: null as never })
  t.same(await Promise.all(['/read', '/both', '/edit', '/admin'].map((url) => status(reader, url))), [200, 403, 403, 403]) // prettier-ignore
  t.same(await Promise.all(['/read', '/both', '/edit', '/admin'].map((url) => status(writer, url))), [200, 200, 200, 200]) // prettier-ignore
  t.same(await Promise.all(['/read', '/edit'].map((url) => status(none, url))), [200, 403])
  const denied = await get(reader, '/both')
  t.match(denied.headers['www-authenticate'], /insufficient_scope.*scope="orders:read orders:write"/)
})

t.test('no text that is not a key is looked up, whatever it looks like', async (t) => {
  const { add, lookedUp, status } = await apiKeyApp(t, { attempts: 100_000 })
  const { key } = add()
  t.equal(await status(key), 200)
  const before = lookedUp.length
  const headerText = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code))
  })
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'.split('')
  const body = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 49, maxLength: 49 })
  const id = fc.string({
    unit: fc.constantFrom(...'0123456789abcdef'.split('')),
    minLength: 16,
    maxLength: 16
  })
  const changed = fc
    .tuple(fc.nat({ max: key.length - 1 }), fc.constantFrom(...alphabet))
    .map(([at, letter]) => key.slice(0, at) + letter + key.slice(at + 1))
    .filter((text) => text !== key)
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        headerText,
        headerText.map((text) => `sk_${text}`),
        headerText.map((text) => key + text).filter((text) => text.trim() !== key),
        fc.tuple(id, body).map(([first, rest]) => `sk_${first}_${rest}`),
        changed,
        fc.nat({ max: key.length - 1 }).map((length) => key.slice(0, length)),
        fc.constantFrom(
          '__proto__',
          'constructor',
          key.toUpperCase(),
          key.replace('sk', 'pk'),
          `${key}, ${key}`
        )
      ),
      async (text) => {
        t.equal(await status(text), 401)
        // On an optional route a wrong key is not the same as none.
        t.equal(await status(text, '/optional'), 401)
      }
    ),
    { numRuns: 150 }
  )
  t.equal(lookedUp.length, before, 'find was not called')
  t.equal(await status([key, key]), 401, 'two headers')
})

t.test('a key has the checksum that scanners of leaked keys compute', async (t) => {
  const { add } = await apiKeyApp(t)
  const { key } = add()
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const value = key
    .slice(-6)
    .split('')
    .reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0)
  t.equal(value, crc32(key.slice(0, -6)))
})

t.test('guesses from one network get 429 before the look-up, and valid keys of others do not', async (t) => {
  const { add, app, lookedUp, get, status } = await apiKeyApp(t, { attempts: 3 })
  const { key: validKey } = add()
  const { key: other } = add()
  t.equal(await status(validKey, '/', '2001:db8::1'), 200)
  const guess = () => app.auth.apiKeys.create().key
  const before = lookedUp.length
  const codes = await Promise.all(
    Array.from({ length: 10 }, (_, index) => status(guess(), '/', `2001:db8::${index + 1}`))
  )
  t.equal(codes.filter((code) => code === 401).length, 3)
  t.equal(codes.filter((code) => code === 429).length, 7, 'at the same time too')
  t.equal(lookedUp.length - before, 3)
  const limited = await get(guess(), '/', '2001:db8::ff')
  t.match(limited.headers['retry-after'], /^\d+$/)
  t.equal(limited.json().code, 'AUTH_TOO_MANY_ATTEMPTS')
  t.equal(await status(validKey, '/', '2001:db8::1'), 200, 'a key that was valid before passes')
  t.equal(await status(other, '/', '2001:db8::1'), 429)
  t.equal(await status(other, '/', '2001:db8:0:1::1'), 200, 'another network')
})

t.test('valid keys use up no attempts', async (t) => {
  const { add, app, status } = await apiKeyApp(t, { attempts: 2 })
  for (let i = 0; i < 5; i++) t.equal(await status(add().key), 200)
  const guess = () => app.auth.apiKeys.create().key
  t.same([await status(guess()), await status(guess()), await status(guess())], [401, 401, 429])
})

t.test('a flood of networks resets no count, and further ones share one', async (t) => {
  const clock = FakeTimers.install({ toFake: ['performance'], now: 1000 })
  t.teardown(() => clock.uninstall())
  const guesses = new GuessCounter(2, 60_000, 4)
  const take = (network: string) => guesses.take(network) === 0
  t.same([take('a'), take('a'), take('a')], [true, true, false])
  guesses.giveBack('a')
  t.same([take('a'), take('a')], [true, false])
  const passed = Array.from({ length: 1000 }, (_, index) => take(`n${index}`)).filter(Boolean)
  t.equal(passed.length, 3 + 2, 'those that are counted one by one, and one count for all others')
  t.equal(take('a'), false)
  t.equal(guesses.take('b'), 60_000)
  clock.tick(60_000)
  t.same([take('a'), take('b'), take('n1')], [true, true, true])
})

t.test('a failed look-up is no guess, and never a request without a key', async (t) => {
  let failure: unknown = new Error('the database is away')
  const { app, status } = await apiKeyApp(t, {
    attempts: 1,
    find: async () => {
      throw failure
    }
  })
  const { key } = app.auth.apiKeys.create()
  for (const each of [failure, null, undefined, 'text']) {
    failure = each
    t.equal(await status(key, '/optional'), 500)
  }
})

t.test('a record that is not what it should be lets no key in', async (t) => {
  const { app, records, status } = await apiKeyApp(t, { attempts: 1000 })
  const { key, id, hash } = app.auth.apiKeys.create()
  const bad: unknown[] = [
    null, {}, { sub: 'x' }, { hash: '', sub: 'x' }, { hash: [hash], sub: 'x' },
    { hash: Buffer.alloc(32), sub: 'x' }, { hash: `${hash}AA`, sub: 'x' },
    { hash: createHash('sha256').update('').digest('base64url'), sub: 'x' },
    { hash, sub: 'x', expiresAt: 'never' }, { hash, sub: 'x', expiresAt: NaN }, { hash, sub: 'x', expiresAt: 1 },
    { hash, sub: 'x', replacedBy: 'ffffffffffffffff' }
  ] // prettier-ignore
  for (const record of bad) {
    records.set(id, record as ApiKeyRecord)
    t.equal(await status(key), 401, JSON.stringify(record))
  }
  records.set(id, { hash, sub: 'x', expiresAt: null as never })
  t.equal(await status(key), 200)
})

t.test('wrong options stop the start', async (t) => {
  const find = () => undefined
  for (const apiKeys of [
    { find, attempts: 0 },
    { find, attempts: 1.5 },
    { find, useInterval: 999 },
    { find, useInterval: '2 days' },
    { find, onUse: true },
    { find, quota: { max: 1 } },
    { find, quota: { max: 0, timeWindow: 1000 } },
    { find, quota: { max: 1, timeWindow: '60' } },
    { find, quota: { max: 1, timeWindow: 1, per: 'day' } },
    { find, quota: 5 },
    { find, checksum: true }
  ]) {
    const app = Fastify()
    t.teardown(() => app.close())
    const register = async () => app.register(auth, { apiKeys: apiKeys as never })
    await t.rejects(register(), { code: 'INVALID_OPTION' }, JSON.stringify(apiKeys))
  }
})
