import t from 'tap'
import { security } from '../src/index.ts'
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
  [{ config: { validaton: {} } }, 'config.validaton']
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
