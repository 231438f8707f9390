// An outage is one line in a log for each of its causes.
import { EventEmitter } from 'node:events'
import t, { type Test } from 'tap'
import { connectionErrors, outageCause, redisAddress, type RedisClient } from '../src/index.ts'
import { redisOnFakeClock } from './redis-on-fake-clock.ts'

class Client extends EventEmitter implements RedisClient {
  status = 'ready'
  fails = (): Error | undefined => undefined
  eval = async () => this.evalsha()
  ping = async () => 'PONG'
  async evalsha(): Promise<unknown> {
    const error = this.fails()
    if (error) throw error
    return 1
  }
  fail(message: string): void {
    this.emit('error', new Error(message))
  }
  connect(): void {
    this.status = 'ready'
    this.fails = () => undefined
    this.emit('ready')
  }
  /** As ioredis: the state changes, the calls under way fail, and the error comes with the next attempt. */
  lose(): void {
    this.status = 'reconnecting'
    this.fails = () => new Error('Connection is closed.')
  }
}

function setUp(t: Test) {
  const client = new Client()
  const lines: string[] = []
  const states: boolean[] = []
  const onChange = (up: boolean, error: Error | undefined, isNews: boolean): void => {
    states.push(up)
    if (isNews) lines.push(up ? 'up' : error!.message)
  }
  return {
    client,
    lines,
    states,
    ...redisOnFakeClock(t, { client, lastError: connectionErrors(client).last, onChange })
  }
}

t.test('a connection that is lost is reported with the error of the next attempt', async (t) => {
  const { client, lines, states, redis, advance, call } = setUp(t)
  client.lose()
  await call()
  t.equal(redis.up, false, 'at once')
  t.strictSame(states, [false])
  client.fail('connect ECONNREFUSED 10.0.0.1:6379')
  for (let count = 0; count < 8; count++) {
    await call()
    await advance(250)
    client.fail('connect ECONNREFUSED 10.0.0.1:6379')
  }
  t.strictSame(lines, ['connect ECONNREFUSED 10.0.0.1:6379'])
  client.fail('WRONGPASS invalid username-password pair')
  await advance(250)
  client.fail('connect ECONNREFUSED 10.0.0.1:6379')
  await advance(250)
  client.fail('WRONGPASS invalid username-password pair')
  await advance(250)
  t.strictSame(lines.slice(1), ['WRONGPASS invalid username-password pair'], 'once for each cause')
  client.connect()
  await advance(250)
  await call()
  t.strictSame(lines.slice(2), ['up'])
  client.lose()
  await call()
  client.fail('connect ECONNREFUSED 10.0.0.1:6379')
  await advance(250)
  t.strictSame(lines.slice(3), ['connect ECONNREFUSED 10.0.0.1:6379'], 'the next outage')
})

t.test('without an error the state of the connection is reported', async (t) => {
  const { client, lines, redis, advance } = setUp(t)
  client.status = 'connecting'
  redis.reportIfDisconnected()
  await advance(250)
  t.strictSame(lines, [])
  await advance(250)
  await advance(250)
  t.strictSame(lines, ['the connection is connecting'])
})

t.test('a connection that is there again before its error is known is no news', async (t) => {
  const { client, lines, states, advance, call } = setUp(t)
  client.lose()
  await call()
  client.connect()
  await advance(250)
  t.strictSame(states, [false, true])
  t.strictSame(lines, [])
})

t.test('an error of an outage before is not the cause of the next one', async (t) => {
  const { client, lines, advance, call } = setUp(t)
  client.fail('WRONGPASS invalid username-password pair')
  client.connect()
  client.lose()
  await call()
  client.fail('connect ECONNREFUSED 10.0.0.1:6379')
  await advance(250)
  t.strictSame(lines, ['connect ECONNREFUSED 10.0.0.1:6379'])
})

t.test('an error before a plugin is there is known to it, if another one has listened', async (t) => {
  const { client, lines, redis } = setUp(t)
  client.fail('connect ECONNREFUSED 10.0.0.1:6379')
  const { last, release } = connectionErrors(client)
  t.equal(client.listenerCount('error'), 1, 'one listener for all')
  t.match(last(), { message: /ECONNREFUSED/ })
  client.status = 'reconnecting'
  redis.reportIfDisconnected()
  t.strictSame(lines, ['connect ECONNREFUSED 10.0.0.1:6379'])
  client.on('error', () => undefined)
  release()
  release()
  t.equal(client.listenerCount('error'), 2, 'the other one still listens')
})

t.test('a client says where its server is, without a password', async (t) => {
  const sentinels = [{ host: 'one', port: 26_379 }, { host: 'two' }]
  const addresses: [client: object, text: string][] = [
    [{ options: { host: 'cache.internal', port: 6380 } }, 'Redis at cache.internal:6380'],
    [{ options: { host: 'localhost', port: 6379, path: '/run/redis.sock' } }, 'Redis at /run/redis.sock'],
    [{ options: { socket: { host: 'cache.internal', port: 6379 } } }, 'Redis at cache.internal:6379'],
    [
      { options: { host: 'localhost', port: 6379, name: 'main', sentinels } },
      'Redis "main" of the Sentinel at one:26379, two:6379'
    ],
    [
      { isCluster: true, startupNodes: [7000, { host: 'one', port: 7001 }, 'redis://me:secret@two:7002/0'] },
      'the Redis cluster at localhost:7000, one:7001, two:7002'
    ],
    [{ isCluster: true, options: {} }, 'the Redis cluster'],
    [{}, 'Redis']
  ]
  for (const [client, text] of addresses) t.equal(redisAddress(client), text)
})

t.test('errors of several scripts have one cause', async (t) => {
  const [one, other] = [
    '5ffc9baf1448ec34f6cf19d96e5aa9365657f7c3',
    '0a1b9baf1448ec34f6cf19d96e5aa9365657f7c3'
  ]
  const messages: ((sha: string, line: number) => string)[] = [
    (sha, line) =>
      `ERR The user executing the script can't run this command or subcommand script: ${sha}, on @user_script:${line}.`,
    (sha, line) =>
      `ERR Error running script (call to f_${sha}): @user_script:${line}: @user_script: ${line}: The user executing the script can't run this command`,
    (sha, line) =>
      `OOM command not allowed when used memory > 'maxmemory'. script: ${sha}, on @user_script:${line}.`
  ]
  const causes = messages.map((message) => {
    const [first, second] = [
      outageCause(new Error(message(one, 2))),
      outageCause(new Error(message(other, 13)))
    ]
    t.equal(first, second)
    return first
  })
  t.equal(new Set(causes).size, messages.length)
})
