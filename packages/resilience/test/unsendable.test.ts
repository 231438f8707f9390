// Requests that undici does not send. What a client has sent may be the reason: they must not open the breaker.
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { resilience } from '../src/index.ts'
import { startUpstream } from './helpers/upstream.ts'

const headers: Record<string, Record<string, string>> = {
  'the header Keep-Alive': { 'keep-alive': 'timeout=5' },
  'the header Expect': { expect: '100-continue' },
  'the length of another body': { 'content-length': '4000' }
}

const noRequest = null

async function build(t: Test) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience, {
    policies: { upstream: { volumeThreshold: 5, consecutive: 3, retry: true } }
  })
  const upstream = await startUpstream(t, ({ response }) => response.end('{}'))
  return { app, upstream }
}

for (const [name, sent] of Object.entries(headers)) {
  t.test(`a request with ${name} is no failure of the service: fetch`, async (t) => {
    const { app, upstream } = await build(t)
    const init = { method: 'PUT', body: '{}', headers: sent, policy: 'upstream' }
    for (let i = 0; i < 10; i++) {
      const error = await app.resilience.fetch(null, upstream.url, init).catch((error: unknown) => error)
      t.match(error, { name: 'TypeError', message: 'fetch failed', cause: { code: /^UND_ERR_/ } })
    }
    const response = await app.resilience.fetch(null, upstream.url, { policy: 'upstream' })
    t.equal(response.status, 200, 'the breaker is closed')
  })

  t.test(`a request with ${name} is no failure of the service: undici`, async (t) => {
    const { app, upstream } = await build(t)
    const breaker = app.resilience.breaker(
      'orders',
      async ({ signal }) => request(upstream.url, { method: 'PUT', body: '{}', headers: sent, signal }),
      { volumeThreshold: 5, consecutive: 3, retry: true }
    )
    for (let i = 0; i < 10; i++) await t.rejects(breaker.call(noRequest), { code: /^UND_ERR_/ })
    t.equal(breaker.state, 'closed')
  })
}
