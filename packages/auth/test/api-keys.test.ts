import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { provide, rateLimitsPort, type CountedKey } from '@seaworthy/contract'
import FakeTimers from '@sinonjs/fake-timers'
import Fastify from 'fastify'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { GuessCounter } from '../src/api-keys/guess-counter.ts'
import { auth, type ApiKeyOptions, type ApiKeyRecord, type ApiKeyUse, type AuditEvent } from '../src/index.ts'

async function build(t: Test, more: Partial<ApiKeyOptions> = {}, limits?: (counted: CountedKey) => boolean) {
  const records = new Map<string, ApiKeyRecord>()
  const lookedUp: string[] = []
  const events: AuditEvent[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  if (limits !== undefined) {
    provide(app, rateLimitsPort, {
      create: () => (counted, _request, reply, done) => {
        void reply.header('x-counted', counted.key)
        done(limits(counted) ? undefined : Object.assign(new Error('over the quota'), { statusCode: 429 }))
      }
    })
  }
  await app.register(auth, {
    apiKeys: {
      find: (id) => {
        lookedUp.push(id)
        return records.get(id)
      },
      ...more
    },
    roles: { admin: ['editor'], editor: [] },
    onAudit: (event) => events.push(event)
  })
  app.get('/', { config: { auth: true } }, async (request) => request.identity)
  app.get('/optional', { config: { auth: { optional: true } } }, async (request) => request.user)
  app.get('/read', { config: { auth: { scopes: ['orders:read'] } } }, async () => 'read')
  app.get('/both', { config: { auth: { scopes: ['orders:read', 'orders:write'] } } }, async () => 'both')
  app.get('/edit', { onRequest: app.authorize('editor') }, async () => 'edit')
  app.get('/admin', { onRequest: app.authorize('admin') }, async () => 'admin')
  const add = (record: Partial<ApiKeyRecord> = {}) => {
    const { key, id, hash } = app.auth.apiKeys.create()
    records.set(id, { hash, sub: 'partner', ...record })
    return { key, id }
  }
  const get = async (key: string | string[], url = '/', remoteAddress = '192.0.2.1') =>
    app.inject({ url, headers: { 'x-api-key': key }, remoteAddress })
  const status = async (key: string | string[], url?: string, address?: string) =>
    (await get(key, url, address)).statusCode
  return { app, records, lookedUp, events, add, get, status }
}

t.test('scopes and roles of a key are enforced as those of a token', async (t) => {
  const { add, get, status } = await build(t)
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
  const { add, lookedUp, status } = await build(t, { attempts: 100_000 })
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
  const { add } = await build(t)
  const { key } = add()
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const value = key
    .slice(-6)
    .split('')
    .reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0)
  t.equal(value, crc32(key.slice(0, -6)))
})

t.test('guesses from one network get 429 before the look-up, and valid keys of others do not', async (t) => {
  const { add, app, lookedUp, get, status } = await build(t, { attempts: 3 })
  const { key: known } = add()
  const { key: other } = add()
  t.equal(await status(known, '/', '2001:db8::1'), 200)
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
  t.equal(await status(known, '/', '2001:db8::1'), 200, 'a key that was valid before passes')
  t.equal(await status(other, '/', '2001:db8::1'), 429)
  t.equal(await status(other, '/', '2001:db8:0:1::1'), 200, 'another network')
})

t.test('valid keys use up no attempts', async (t) => {
  const { add, app, status } = await build(t, { attempts: 2 })
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
  const { app, status } = await build(t, {
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
  const { app, records, status } = await build(t, { attempts: 1000 })
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

t.test('a replaced key is valid until its time, and audit names it', async (t) => {
  const clock = FakeTimers.install({ toFake: ['Date', 'performance'], now: Date.now() })
  t.teardown(() => clock.uninstall())
  const { app, records, add, events, get, status } = await build(t)
  const { key: oldKey, id: oldId } = add({ scopes: ['orders:read'] })
  const created = app.auth.apiKeys.rotate({ id: oldId }, '1 day')
  t.match(created.old, { id: oldId, replacedBy: created.id })
  t.equal(created.old.expiresAt, Date.now() + 86_400_000)
  records.set(created.id, { ...records.get(oldId)!, hash: created.hash })
  records.set(oldId, { ...records.get(oldId)!, ...created.old })
  t.equal(await status(created.key, '/read'), 200)
  for (let i = 0; i < 3; i++) t.equal(await status(oldKey, '/read'), 200)
  const { expiresAt } = created.old
  t.match(
    events.filter(({ type }) => type === 'api_key'),
    [
      { outcome: 'rotated', keyId: oldId, expiresAt },
      {
        outcome: 'replaced_key_used',
        keyId: oldId,
        subject: 'partner',
        expiresAt,
        ip: '192.0.2.1',
        route: '/read'
      }
    ],
    'once in the interval'
  )
  t.equal(events.filter(({ type }) => type === 'api_key').length, 2)
  t.notOk(JSON.stringify(events).includes(oldKey.slice(20)))

  clock.tick(expiresAt - Date.now() - 1)
  t.equal(await status(oldKey), 200)
  clock.tick(60_000)
  t.equal((await get(oldKey)).json().code, 'AUTH_INVALID_API_KEY')
  t.match(
    events.findLast(({ type }) => type === 'api_key'),
    {
      outcome: 'expired_key_used',
      keyId: oldId
    }
  )
})

t.test('an overlap prolongs no key, and a wrong one is refused', async (t) => {
  const { app } = await build(t)
  const id = '0123456789abcdef'
  t.equal(app.auth.apiKeys.rotate({ id, expiresAt: 5 }, '1 day').old.expiresAt, 5)
  t.equal(app.auth.apiKeys.rotate({ id, expiresAt: new Date(7) }, '1 day').old.expiresAt, 7)
  t.equal(app.auth.apiKeys.rotate({ id, expiresAt: '1970-01-01' }, '1 day').old.expiresAt, 0)
  t.ok(app.auth.apiKeys.rotate({ id, expiresAt: null }, 0).old.expiresAt <= Date.now())
  for (const [old, overlap] of [
    [{ id: 'x' }, 0],
    [{ id, expiresAt: 'never' }, 0],
    [{ id: `${id}0` }, 0],
    [{ id }, -1],
    [{ id }, '400 days'],
    [{ id }, 'soon'],
    [{ id }, NaN]
  ] as const)
    t.throws(() => app.auth.apiKeys.rotate(old, overlap), { code: 'INVALID_OPTION' })
})

t.test('the last use is noted once in the interval, and no request waits for it', async (t) => {
  const uses: ApiKeyUse[] = []
  const clock = FakeTimers.install({ toFake: ['performance'], now: 1000 })
  t.teardown(() => clock.uninstall())
  let answer: () => unknown = () => new Promise(() => undefined)
  const { add, status } = await build(t, {
    useInterval: '2 minutes',
    onUse: (use) => {
      uses.push(use)
      return answer()
    }
  })
  const { key, id } = add()
  const { key: second } = add()
  for (let i = 0; i < 5; i++) t.equal(await status(key), 200)
  t.equal(await status(second), 200)
  t.equal(uses.length, 2, 'once for each key, though the first write never ends')
  t.match(uses[0], { id, subject: 'partner', ip: '192.0.2.1' })
  clock.tick(119_999)
  t.equal(await status(key), 200)
  t.equal(uses.length, 2)
  clock.tick(1)
  for (const failing of [
    () => {
      throw new Error('sync')
    },
    async () => {
      throw new Error('async')
    },
    () => Promise.reject(null)
  ]) {
    answer = failing
    t.equal(await status(key), 200)
    clock.tick(120_000)
  }
  t.equal(uses.length, 5)
  t.equal(await status(otherChecksum(key)), 401)
  t.equal(uses.length, 5, 'a wrong key has no use')
})

/** The key with another last digit. */
const otherChecksum = (key: string): string => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')

t.test('a quota needs rate limits, and the start names the line to write', async (t) => {
  const { app } = await build(t, { quota: { max: 1, timeWindow: '1 day' } })
  await t.rejects(async () => app.ready(), {
    code: 'INVALID_OPTION',
    message:
      /"apiKeys\.quota" must be used with the rate limits of @seaworthy\/security.*await app\.register\(rateLimit/
  })
})

t.test('a request counts once for its key, by the quota of the record or of the option', async (t) => {
  const counted: CountedKey[] = []
  const { add, app, get, status } = await build(t, { quota: { max: 100, timeWindow: '1 day' } }, (each) => {
    counted.push(each)
    return each.max > 1
  })
  app.register(async (area) => {
    area.addHook('onRequest', app.authenticate)
    area.get('/twice', { config: { auth: true } }, async () => 'ok')
  })
  const { key, id } = add()
  t.equal(await status(key), 200)
  t.equal(await status(key, '/twice'), 200)
  t.same(counted, [
    { key: id, max: 100, window: 86_400_000 },
    { key: id, max: 100, window: 86_400_000 }
  ])
  t.equal(await status(key, '/optional'), 200)
  t.equal(counted.length, 3)
  const { key: small, id: smallId } = add({ quota: { max: 1, timeWindow: 1000 } })
  const refused = await get(small)
  t.equal(refused.statusCode, 429)
  t.equal(refused.headers['x-counted'], smallId)
  const { key: free } = add({ quota: false })
  t.equal(await status(free), 200)
  t.equal(counted.length, 4)
  t.equal(await status(add({ quota: { max: 0, timeWindow: 1 } }).key), 500, 'a wrong quota is no free pass')
})

t.test('a quota in a record is never left uncounted', async (t) => {
  const { add, get } = await build(t)
  const response = await get(add({ quota: { max: 5, timeWindow: '1 day' } }).key)
  t.match(response.json(), { statusCode: 500, code: 'AUTH_NOT_CONFIGURED' })
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
