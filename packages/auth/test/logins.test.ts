import { randomBytes } from 'node:crypto'
import FakeTimers from '@sinonjs/fake-timers'
import { requires, startRedis, until } from '@seaworthy/testing'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import type { AuthOptions } from '../src/index.ts'
import { cheapHashes, replaceScrypt } from './cheap-hashes.ts'
import { guardedApp } from './helpers.ts'

/** Records the parameters of the hashes that are computed. */
function countHashes(t: Test): { made: unknown[] } {
  const made: unknown[] = []
  replaceScrypt(t, (scrypt) => (...args) => {
    made.push(args[3])
    scrypt(...args)
  })
  return { made }
}

/** An app with a login. Its hashes are cheap, but for tests of their work. */
async function build(t: Test, { login: settings, ...more }: AuthOptions = {}, hashes = cheapHashes) {
  hashes(t)
  const made = await guardedApp(t, {
    jwt: { secret: randomBytes(32).toString('base64') },
    login: { cost: 14, ...settings },
    ...more
  })
  const { app } = made
  const passwordHash = await app.auth.hashPassword('correct horse')
  const users: Record<string, { passwordHash: string | null }> = {
    'ada@example.com': { passwordHash },
    'bob@example.com': { passwordHash },
    'without@example.com': { passwordHash: null }
  }
  app.post<{ Body: { account: string; password: string } }>('/login', async (request) => {
    await app.auth.verifyCredentials(request, { ...request.body, find: (account) => users[account] })
    return 'in'
  })
  await app.ready()
  const login = (account: unknown, password: unknown, remoteAddress = '192.0.2.1') =>
    app.inject({ method: 'POST', url: '/login', payload: { account, password } as object, remoteAddress })
  const status = async (...args: Parameters<typeof login>) => (await login(...args)).statusCode
  return { ...made, login, status }
}

t.test('an unknown user takes the same work and gets the same response as a wrong password', async (t) => {
  const { login } = await build(t, {}, () => undefined)
  await login('unknown@example.com', 'x')
  const { made } = countHashes(t)
  const works = []
  const answers = []
  for (const account of ['ada@example.com', 'unknown@example.com', 'without@example.com']) {
    made.length = 0
    const { statusCode, headers, json } = await login(account, 'wrong')
    works.push([...made])
    answers.push({ statusCode, challenge: headers['www-authenticate'], body: json<object>() })
  }
  t.equal(works[0]!.length, 1)
  for (const work of works) t.strictSame(work, works[0])
  for (const answer of answers) t.strictSame(answer, answers[0])
  t.equal(answers[0]!.statusCode, 401)
})

t.test('malformed credentials get 401 without a hash', async (t) => {
  const { status } = await build(t)
  const { made } = countHashes(t)
  const long = 'x'.repeat(2000)
  for (const [account, password] of [
    [undefined, 'x'], ['ada@example.com', undefined], [{}, []], ['', 'x'], ['ada@example.com', long], [1, 2]
  ]) t.equal(await status(account, password), 401) // prettier-ignore
  t.equal(made.length, 0)
})

const slow = { attempts: 3, delay: 1000, maxDelay: 8000 }
/** Longer waits than a test on a busy machine takes. */
const slower = { attempts: 3, delay: 600_000, maxDelay: 600_000 }

t.test('the wait doubles with each failure, and a success resets it', async (t) => {
  const clock = FakeTimers.install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const { login, status } = await build(t, { login: slow })
  for (let round = 0; round < 3; round++) t.equal(await status('ada@example.com', 'wrong'), 401)
  for (const wait of [1, 2, 4, 8, 8]) {
    const slowed = await login('ada@example.com', 'correct horse')
    t.match(
      slowed,
      { statusCode: 429, headers: { 'retry-after': `${wait}` } },
      'the right password has to wait too'
    )
    clock.tick(wait * 1000 + 1)
    t.equal(await status('ada@example.com', 'wrong'), 401)
  }
  clock.tick(8001)
  t.equal(await status('ada@example.com', 'correct horse'), 200)
  for (let round = 0; round < 2; round++) t.equal(await status('ada@example.com', 'wrong'), 401)
  t.equal(await status('ada@example.com', 'correct horse'), 200, 'a login resets the count')
})

t.test('an attacker at one address does not lock out the owner or other accounts', async (t) => {
  const { status } = await build(t, { login: { ...slower, accountFactor: 3 } })
  for (let round = 0; round < 3; round++) await status('ada@example.com', 'wrong', '198.51.100.7')
  t.equal(await status('ada@example.com', 'wrong', '198.51.100.7'), 429)
  t.equal(await status('ada@example.com', 'correct horse', '203.0.113.9'), 200, 'from elsewhere')
  t.equal(await status('bob@example.com', 'correct horse', '198.51.100.7'), 200, 'another account')

  const codes = []
  for (let index = 0; index < 12; index++)
    codes.push(await status('bob@example.com', 'wrong', `203.0.113.${index}`))
  t.equal(
    codes.filter((code) => code === 401).length,
    9,
    'the limit of the account applies to many addresses'
  )
  t.equal(codes.at(-1), 429)
})

t.test('an address with failures at many accounts has to wait, and others do not', async (t) => {
  const { status } = await build(t, { login: { ...slower, addressFactor: 2 } })
  for (let index = 0; index < 6; index++) t.equal(await status(`u${index}`, 'wrong', '2001:db8:1:2::7'), 401)
  t.equal(await status('u9', 'wrong', '2001:db8:1:2:aaaa::1'), 429, 'the whole /64 counts')
  t.equal(await status('u9', 'wrong', '2001:db8:1:3::7'), 401)
  t.equal(await status('ada@example.com', 'correct horse', '192.0.2.50'), 200)
})

t.test('concurrent guesses are all counted', async (t) => {
  const { status } = await build(t, { login: slower })
  const { made } = countHashes(t)
  const codes = await Promise.all(Array.from({ length: 100 }, () => status('ada@example.com', 'wrong')))
  t.equal(codes.filter((code) => code === 401).length, 3)
  t.equal(codes.filter((code) => code === 429).length, 97)
  t.equal(made.length, 3)
})

requires(['redis-server'], 'processes count guesses together, and without Redis each alone', async (t) => {
  const server = await startRedis(t)
  const redis = () => {
    const client = new Redis({ host: '127.0.0.1', port: server.port })
    client.on('error', () => undefined)
    t.teardown(() => client.disconnect())
    return client
  }
  // Longer waits than the test can take: the clock of Redis is real.
  const login = { ...slow, delay: 60_000, maxDelay: 120_000 }
  // A busy machine hashes for long: a call that gave up would count in one process.
  const process = async () => build(t, { login, redis: redis(), storeTimeout: 10_000 })
  const [one, two] = [await process(), await process()]
  const guess = (count: number, account: string) =>
    Promise.all(Array.from({ length: count }, (_, index) => (index % 2 ? one : two).status(account, 'wrong')))
  const codes = await guess(40, 'ada@example.com')
  t.equal(codes.filter((code) => code === 401).length, 3)
  t.equal(codes.filter((code) => code === 429).length, 37)
  t.equal(await two.status('bob@example.com', 'correct horse'), 200)

  await server.kill()
  const alone = await guess(20, 'bob@example.com')
  t.equal(alone.filter((code) => code === 401).length, 6, 'each process alone')
  t.equal(alone.filter((code) => code === 429).length, 14)
})

t.test('guesses leave threads to others, and too many at a time get 503', async (t) => {
  let running = 0
  let most = 0
  const waiting: (() => void)[] = []
  const { status, app } = await build(t, { login: { attempts: 1000 } })
  const restore = replaceScrypt(t, () => (...args) => {
    most = Math.max(most, ++running)
    waiting.push(() => {
      running--
      args[4](null, Buffer.alloc(32))
    })
  })
  const accounts = ['ada@example.com', 'bob@example.com']
  const guesses = Promise.all(
    Array.from({ length: 300 }, (_, at) => status(accounts[at % 2], 'wrong', `192.0.2.${at % 200}`))
  )
  const answers = new Map<number, number>()
  void guesses.then((codes) => {
    for (const code of codes) answers.set(code, (answers.get(code) ?? 0) + 1)
  })
  await until('the guesses', async () => {
    for (const finish of waiting.splice(0)) finish()
    return answers.size > 0
  })
  t.ok(most <= 2, `${most} at a time`)
  t.strictSame(new Set(answers.keys()), new Set([401, 503]))
  t.ok(answers.get(503)! > 100, 'the rest was rejected at once')
  restore()
  t.equal(await status('ada@example.com', 'correct horse', '192.0.2.1'), 200)
  t.ok(await app.auth.hashPassword('x'))
})

t.test('an attempt without an answer of the database is no guess', async (t) => {
  const { app } = await build(t, { login: { attempts: 2 } })
  let isDown = true
  const passwordHash = await app.auth.hashPassword('right')
  const find = async () => {
    if (isDown) throw new Error('the database is down')
    return { passwordHash }
  }
  const request = { ip: '192.0.2.1', headers: {}, log: app.log, routeOptions: {} } as never
  const attempt = () => app.auth.verifyCredentials(request, { account: 'ada', password: 'right', find })
  for (let round = 0; round < 10; round++) await t.rejects(attempt(), { message: 'the database is down' })
  isDown = false
  t.ok(await attempt())
})

t.test('spellings that a database may take for one account share their attempts', async (t) => {
  const login = { ...slower, attempts: 2, accountFactor: 1, addressFactor: 1000 }
  const { status } = await build(t, { login })
  const spellings = ['josé', 'jose', 'JOSÉ', 'jose\u0301', 'jo\u200Bse', 'ｊｏｓｅ', ' jose ']
  const codes: number[] = []
  for (const account of spellings) codes.push(await status(account, 'wrong', `192.0.2.${codes.length + 1}`))
  t.strictSame(codes, [401, 401, 429, 429, 429, 429, 429])
  t.equal(await status('josef', 'wrong'), 401)
})
