// The log of an outage of the Redis that all parts share.
import './parts.ts'
import { requires, startRedis, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

requires(
  ['redis-server'],
  'each part names a Redis that is away once, with its address and the cause',
  async (t) => {
    const server = await startRedis(t)
    await server.kill()
    const options = {
      redis: { host: '127.0.0.1', port: server.port },
      auth: { jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' }, revocation: {} },
      shutdown: { exit: false }
    } as SeaworthyOptions
    const lines: { level: number; msg: string }[] = []
    const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
    const app = Fastify({
      ...(serverOptions(options) as object),
      logger: { stream, level: 'info' }
    }) as unknown as FastifyInstance
    t.teardown(() => app.close())
    await app.register(seaworthy, options)
    app.get('/', { config: { auth: false } }, async () => 'home')
    await app.ready()
    const about = () => lines.filter(({ level, msg }) => level >= 40 && /Redis/.test(msg))
    const of = (part: string) => about().filter(({ msg }) => msg.startsWith(`${part}: `))
    for (const part of ['seaworthy', 'security', 'auth']) {
      await until(`the line of ${part}`, async () => {
        await app.inject('/')
        await app.auth.issueTokens({ sub: 'ada' }).catch(() => undefined)
        return of(part).length > 0
      })
      t.match(of(part)[0]!.msg, new RegExp(`127\\.0\\.0\\.1:${server.port}`))
      t.match(of(part)[0]!.msg, /ECONNREFUSED/)
    }
    await server.restart()
    await until('logins', async () =>
      app.auth.issueTokens({ sub: 'ada' }).then(
        () => true,
        () => false
      )
    )
    await until('counts', async () => {
      await app.inject('/')
      return lines.some(({ msg }) => /^security: .*answers again/.test(msg))
    })
    for (const part of ['seaworthy', 'security', 'auth']) t.equal(of(part).length, 1, part)
    t.equal(
      about().length,
      3,
      about()
        .map(({ msg }) => msg)
        .join('\n')
    )
  }
)
