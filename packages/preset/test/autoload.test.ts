// Probes of the health plugin in files that @fastify/autoload loads: its prefixes are options of the plugin.
import './parts.ts'
import { join } from 'node:path'
import autoload, { type AutoloadPluginOptions } from '@fastify/autoload'
import Fastify from 'fastify'
import t from 'tap'

const files = join(import.meta.dirname, 'apps/autoload')

for (const [folder, options, path] of [
  ['plain', {}, '/health/live'],
  ['plain', { prefix: '/api' }, '/api/live'],
  ['nested', {}, '/ops/live'],
  ['nested', { prefix: '/api' }, '/api/ops/live'],
  ['scope', { prefix: '/api' }, '/api/health/live'],
  ['override', { prefix: '/api' }, '/health/live'],
  ['wrapped', { prefix: '/api' }, '/health/live']
] as const) {
  const where = `the folder "${folder}" with autoload's options ${JSON.stringify(options)}`
  t.test(`${where} has its probe at ${path}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(autoload, { dir: join(files, folder), options } as AutoloadPluginOptions)
    const response = await app.inject(path)
    t.equal(response.statusCode, 200, app.printRoutes())
    t.strictSame(response.json(), { status: 'ok' })
  })
}
