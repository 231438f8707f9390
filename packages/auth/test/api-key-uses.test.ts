// Keys in use: their replacement, their last use and their quotas.
import type { CountedKey } from '@seaworthy/contract'
import FakeTimers from '@sinonjs/fake-timers'
import t from 'tap'
import type { ApiKeyUse } from '../src/index.ts'
import { apiKeyApp } from './api-key-app.ts'

t.test('a replaced key is valid until its time, and audit names it', async (t) => {
  const clock = FakeTimers.install({ toFake: ['Date', 'performance'], now: Date.now() })
  t.teardown(() => clock.uninstall())
  const { app, records, add, events, get, status } = await apiKeyApp(t)
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

t.test('an overlap prolongs no key, and a wrong one is rejected', async (t) => {
  const { app } = await apiKeyApp(t)
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
  const { add, status } = await apiKeyApp(t, {
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
  const { app } = await apiKeyApp(t, { quota: { max: 1, timeWindow: '1 day' } })
  await t.rejects(async () => app.ready(), {
    code: 'INVALID_OPTION',
    message:
      /"apiKeys\.quota" must be used with the rate limits of @seaworthy\/security.*await app\.register\(rateLimit/
  })
})

t.test('a request counts once for its key, by the quota of the record or of the option', async (t) => {
  const counted: CountedKey[] = []
  const { add, app, get, status } = await apiKeyApp(
    t,
    { quota: { max: 100, timeWindow: '1 day' } },
    (each) => {
      counted.push(each)
      return each.max > 1
    }
  )
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
  const { add, get } = await apiKeyApp(t)
  const response = await get(add({ quota: { max: 5, timeWindow: '1 day' } }).key)
  t.match(response.json(), { statusCode: 500, code: 'AUTH_NOT_CONFIGURED' })
})
