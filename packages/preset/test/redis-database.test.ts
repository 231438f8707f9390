import './parts.ts'
import { requires, startRedis, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import t from 'tap'
import { fromEnv, seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

/** An app whose Redis is given by the environment. */
async function startApp(t: import('tap').Test, url: string) {
  const lines: { level: number; msg: string }[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const options = fromEnv({ REDIS_URL: url }) as SeaworthyOptions
  const app = Fastify({
    ...(serverOptions(options) as object),
    logger: { stream, level: 'info' }
  }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(seaworthy, { ...options, shutdown: { exit: false } })
  app.get('/', { config: { auth: false } }, async () => 'home')
  await app.ready()
  return { app, lines }
}

async function keysOf(t: import('tap').Test, port: number, db: number): Promise<number> {
  const client = new Redis({ port, host: '127.0.0.1', db })
  t.teardown(() => client.disconnect())
  return client.dbsize()
}

requires(
  ['redis-server'],
  'a database of Redis that does not exist is an outage, and another one stays untouched',
  async (t) => {
    const { port } = await startRedis(t)
    const { app, lines } = await startApp(t, `redis://127.0.0.1:${port}/99`)
    const warnings = () => lines.filter(({ level, msg }) => level >= 40 && msg.includes('Redis'))
    await until('the reason', async () => {
      t.equal((await app.inject('/')).statusCode, 200)
      return warnings().some(({ msg }) => msg.startsWith('security: '))
    })
    for (const { msg } of warnings()) t.match(msg, /DB index is out of range/)
    const { body } = await app.inject('/health/ready')
    t.match(JSON.parse(body), { checks: { redis: false } })
    t.equal(await keysOf(t, port, 0), 0)
  }
)

for (const form of ['/2', '?db=2', '/2?family=6'])
  requires(['redis-server'], `the database of REDIS_URL is used: redis://host${form}`, async (t) => {
    const { port } = await startRedis(t)
    const { app } = await startApp(t, `redis://127.0.0.1:${port}${form}`)
    await app.inject('/')
    await until('a count', async () => (await keysOf(t, port, 2)) > 0)
    t.equal(await keysOf(t, port, 0), 0)
  })

t.test('a database of REDIS_URL that is no number stops the start', async (t) => {
  t.throws(() => fromEnv({ REDIS_URL: 'redis://host?db=cache' }), /REDIS_URL must be an address/)
})
