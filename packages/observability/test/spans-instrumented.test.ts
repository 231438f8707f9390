import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startNode } from '@seaworthy/testing'

const [server, client] = [1, 2]

for (const [HTTP, FASTIFY] of [
  ['1', '0'],
  ['0', '1'],
  ['1', '1']
] as const) {
  t.test(
    `beside instrumentations no span is made twice; http: ${HTTP}, @fastify/otel: ${FASTIFY}`,
    async (t) => {
      const app = fileURLToPath(new URL('fixtures/otel-instrumented.ts', import.meta.url))
      const service = startNode(t, app, { env: { HTTP, FASTIFY } })
      t.equal((await service.exit).code, 0, service.output())
      const logs = service.logs()
      const spans = logs.filter(({ msg }) => msg === 'span')
      // The upstream is in this process: the instrumentation of HTTP sees its requests too.
      const expected = HTTP === '1' ? ['GET', 'GET', 'GET'] : ['request']
      const made = spans.filter(({ kind }) => kind === server).map(({ name }) => String(name).split(' ')[0])
      t.strictSame(made, expected)
      const outgoing = spans.filter(({ kind }) => kind === client)
      t.equal(outgoing.length, 2, JSON.stringify(spans))
      const seen = logs
        .filter(({ msg }) => msg === 'seen')
        .map(({ traceparent }) => String(traceparent).split('-')[2])
      t.strictSame(
        new Set(seen),
        new Set(outgoing.map(({ spanId }) => spanId)),
        'each call continues its span'
      )
      const completed = logs.find(({ msg }) => msg === 'request completed')
      t.ok(
        spans.some(({ spanId }) => spanId === completed?.spanId),
        'the line has a recorded span'
      )
    }
  )
}
