import fastifyCors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { concurrencyLimit, cors, security, type SecurityOptions } from '../src/index.ts'
import { buildApp, captureLog, ok } from './helpers.ts'

/** The warnings of an app with this route, without those of all apps. */
async function warnings(t: Parameters<typeof buildApp>[0], route: object): Promise<string[]> {
  const { lines, logger } = captureLog('warn')
  const options = { cors: { origin: 'https://a.example' } }
  await buildApp(t, security, options, (app) => app.get('/x', route, ok), { logger })
  return lines
    .map((line) => (JSON.parse(line) as { msg: string }).msg)
    .filter((message) => message.includes('which is not read'))
}

for (const [route, place] of [
  [{ config: { rateLimt: { max: 1 } } }, 'config.rateLimt'],
  [{ config: { ratelimit: { max: 1 } } }, 'config.ratelimit'],
  [{ config: { 'rate-limit': { max: 1 } } }, 'config.rate-limit'],
  [{ rateLimit: { max: 1 } }, 'rateLimit'],
  [{ config: { cros: { origin: false } } }, 'config.cros'],
  [{ cors: false }, 'cors'],
  [{ config: { Headers: {} } }, 'config.Headers'],
  [{ config: { validaton: {} } }, 'config.validaton'],
  [{ config: { concurency: { max: 1 } } }, 'config.concurency']
] as const) {
  t.test(`a route with ${JSON.stringify(route)} is named at the start`, async (t) => {
    const [message, ...others] = await warnings(t, route)
    t.match(message, `the route /x has "${place}", which is not read`)
    t.strictSame(others, [], 'once, with its HEAD route')
  })
}

for (const route of [
  { config: { rateLimit: { max: 1 }, cors: {}, headers: {}, validation: {} } },
  { helmet: {}, config: { readers: ['a'], core: true, scor: 1, dateLimit: 1, skills: [] } }
]) {
  t.test(`a route with ${JSON.stringify(route)} is not`, async (t) => {
    t.strictSame(await warnings(t, route), [])
  })
}

t.test(
  'routes with options of a feature that is off without its option are named at the start',
  async (t) => {
    const named = async (
      options: SecurityOptions,
      config: object,
      more?: typeof cors | typeof concurrencyLimit
    ) => {
      const { lines, logger } = captureLog('warn')
      const routes = async (app: FastifyInstance) => {
        app.get('/x', { config }, ok)
        // After the route: it counts all the same.
        if (more !== undefined) await app.register(more)
      }
      await buildApp(t, security, options, (app) => void app.register(routes), { logger })
      return lines.filter((line) => line.includes('nothing reads theirs')).length
    }
    for (const [name, config, plugin] of [
      ['concurrency', { concurrency: { max: 1 } }, concurrencyLimit],
      ['cors', { cors: { origin: 'https://a.example' } }, cors]
    ] as const) {
      t.equal(await named({}, config), 1, name)
      t.equal(await named({ [name]: {} }, config), 0, 'it is on')
      t.equal(await named({ [name]: false }, config), 0, 'it is off by decision')
      t.equal(await named({}, config, plugin), 0, 'another registration reads it')
      t.equal(await named({}, { [name]: false }), 0, 'the route has none')
    }
    t.equal(await named({}, { cors: {} }, fastifyCors as never), 0, '@fastify/cors reads it')
  }
)
