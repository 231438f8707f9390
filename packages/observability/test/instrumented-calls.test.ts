import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { request as undiciRequest } from 'undici'
import t from 'tap'
import { startIntake } from '@seaworthy/testing'
import { build } from './helpers.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanOfCall = '00f067aa0ba902b7'

t.test('a call that an instrumentation continues too has one parent, the span of the call', async (t) => {
  // As the instrumentation of undici does, and New Relic's: they add headers without a look at those of the call.
  const instrument = (message: unknown) => {
    const { request } = message as { request: { addHeader(name: string, value: string): void } }
    request.addHeader('traceparent', `00-${traceId}-${spanOfCall}-01`)
    request.addHeader('tracestate', 'a=2')
  }
  subscribe('undici:request:create', instrument)
  t.teardown(() => unsubscribe('undici:request:create', instrument))
  const upstream = await startIntake(t)
  const { app } = await build(t, {}, (app) => {
    app.get('/', async (request) => {
      const headers = app.observability.headers(request)
      await fetch(`${upstream.url}/fetch`, { headers })
      await (await undiciRequest(`${upstream.url}/undici`, { headers })).body.dump()
      return 'ok'
    })
  })
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`
  await app.inject({ url: '/', headers: { traceparent, tracestate: 'a=1', 'x-correlation-id': 'chain-1' } })
  t.strictSame(
    upstream.requests.map(({ url }) => url),
    ['/fetch', '/undici']
  )
  for (const { headers } of upstream.requests) {
    t.equal(headers.traceparent, `00-${traceId}-${spanOfCall}-01`)
    t.equal(headers.tracestate, 'a=2')
    t.equal(headers['x-correlation-id'], 'chain-1')
  }
})
