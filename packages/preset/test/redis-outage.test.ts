// The log of an outage of the Redis that all parts share.
import './parts.ts'
import { requires, startRedis, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

const parts = ['seaworthy', 'security', 'auth']

for (const isAwayAtStart of [true, false])
  requires(
    ['redis-server'],
    `each part names a Redis that ${isAwayAtStart ? 'is away at start' : 'goes away'} once, with its address and the cause`,
    async (t) => {
      const server = await startRedis(t)
      if (isAwayAtStart) await server.kill()
      const options = {
        redis: { host: '127.0.0.1', port: server.port },
        auth: {
          jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' },
          session: { key: Buffer.from('kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ') },
          revocation: {}
        },
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
      const use = async (): Promise<boolean> => {
        await app.inject('/')
        return app.auth.issueTokens({ sub: 'ada' }).then(
          () => true,
          () => false
        )
      }
      if (!isAwayAtStart) {
        await until('logins', use)
        await server.kill()
      }
      const warnings = () => lines.filter(({ level, msg }) => level >= 40 && /Redis/.test(msg))
      const of = (part: string) => warnings().filter(({ msg }) => msg.startsWith(`${part}: `))
      for (const part of parts) {
        await until(`the line of ${part}`, async () => {
          await use()
          return of(part).length > 0
        })
        t.match(of(part)[0]!.msg, new RegExp(`127\\.0\\.0\\.1:${server.port}`))
        t.match(of(part)[0]!.msg, /ECONNREFUSED/)
      }
      await server.restart()
      await until('logins', use)
      await until('counts', async () => {
        await use()
        return lines.some(({ msg }) => /^security: .*answers again/.test(msg))
      })
      const texts = warnings().map(({ msg }) => msg)
      t.equal(texts.length, parts.length, texts.join('\n'))
    }
  )
