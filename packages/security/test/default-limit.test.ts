// The default limit leaves static files and an app's own tests alone.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { rateLimit, type RateLimitOptions } from '../src/index.ts'
import { buildApp, from, getBytes, exchange, ok, statuses } from './helpers.ts'

/** A plugin in a file of @fastify/static, which adds its routes as that one does. */
function staticFiles(t: Test): (app: FastifyInstance, options: object) => Promise<void> {
  const folder = join(t.testdir({}), 'node_modules/@fastify/static')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'index.js'),
    "module.exports = async (app) => { app.get('/files/*', { schema: { hide: true } }, async () => 'file') }"
  )
  return createRequire(import.meta.url)(join(folder, 'index.js')) as ReturnType<typeof staticFiles>
}

const build = (t: Test, options: RateLimitOptions) =>
  buildApp(t, rateLimit, options, async (app) => {
    await app.register(staticFiles(t))
    app.get('/', ok)
    app.get('/hidden', { schema: { hide: true } }, ok)
  })

const used = (codes: number[]) => codes.filter((code) => code !== 429).length

t.test('files are counted apart, up to a thousand', async (t) => {
  const app = await build(t, {})
  t.equal(used(await statuses(app, 1001, from('10.0.0.1', '/files/a.css'))), 1000)
  t.equal(used(await statuses(app, 101, from('10.0.0.1'))), 100, 'the limit is left')
  t.equal(used(await statuses(app, 101, from('10.0.0.2', '/hidden'))), 100, 'other hidden routes are counted')
})

t.test('a limit that the app has set is for files too', async (t) => {
  const app = await build(t, { max: 2 })
  t.same(await statuses(app, 3, from('10.0.0.1', '/files/a.css')), [200, 200, 429])
})

t.test('injected requests of tests are not rejected, those of clients and adapters are', async (t) => {
  const app = await build(t, {})
  t.equal(used(await statuses(app, 150)), 150)
  t.equal((await app.inject('/')).headers['x-ratelimit-remaining'], '0', 'they have a count of their own')
  t.match(await exchange(t, app, getBytes('/')), /x-ratelimit-remaining: 99/)
  t.match(await exchange(t, app, getBytes('/')), /x-ratelimit-remaining: 98/)
  t.equal(used(await statuses(app, 101, from('10.0.0.9'))), 100)
  const limited = await build(t, { max: 1 })
  t.same(await statuses(limited, 2), [200, 429], 'a limit that the app has set can be tested')
})
