// An outage of Redis is one line that says where and why, however often it is noticed.
import { once } from 'node:events'
import { requires, startRedis, until } from '@seaworthy/testing'
import { Redis } from 'ioredis'
import { bearer } from './helpers.ts'
import { build, logins } from './redis-apps.ts'

const needs = ['redis-server']
/** The warnings of the package, not those of Fastify about each response. */
const warningsIn = (lines: readonly string[]): string[] =>
  lines
    .map((line) => JSON.parse(line) as { msg: string; level: number })
    .filter(({ msg, level }) => level >= 40 && msg.startsWith('auth: '))
    .map(({ msg }) => msg)

requires(needs, 'a Redis that is away when the service starts is named, once', async (t) => {
  const server = await startRedis(t)
  await server.kill()
  const redis = new Redis({
    port: server.port,
    host: '127.0.0.1',
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0
  })
  // The client has failed before any plugin listens.
  await once(redis, 'error')
  const { lines, login, me, readiness } = await build(t, redis)
  t.equal((await login()).status, 503)
  const warnings = () => warningsIn(lines)
  await until('the line', () => warnings().length > 0)
  t.match(
    warnings()[0],
    new RegExp(`Redis at 127\\.0\\.0\\.1:${server.port} does not take calls .*ECONNREFUSED`)
  )
  t.match(readiness(), /ECONNREFUSED/)
  for (let count = 0; count < 20; count++) await login()
  t.equal(await me(bearer('a.b.c')), 401)
  await server.restart()
  await logins(login, 200)
  await until('the end', () => lines.some((line) => /answers again/.test(line)))
  t.equal(warnings().length, 1, warnings().join('\n'))
})

requires(needs, 'a Redis that goes away is named with the error of the next connection, once', async (t) => {
  const server = await startRedis(t)
  const redis = new Redis({ port: server.port, host: '127.0.0.1' })
  await once(redis, 'ready')
  const { lines, login } = await build(t, redis)
  const { cookie } = await login()
  t.ok(cookie)
  await server.kill()
  await logins(login, 503)
  const warnings = () => warningsIn(lines)
  await until('the line', () => warnings().length > 0)
  for (let count = 0; count < 20; count++) await login()
  t.match(warnings()[0], new RegExp(`Redis at 127\\.0\\.0\\.1:${server.port} .*ECONNREFUSED`))
  await server.restart()
  await logins(login, 200)
  await until('the end', () => lines.some((line) => /answers again/.test(line)))
  t.equal(warnings().length, 1, warnings().join('\n'))
})
