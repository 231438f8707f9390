import Fastify from 'fastify'
import type { Test } from 'tap'
import { resilience, type ResilienceOptions } from '../../src/index.ts'
import { noRequest } from './app.ts'
import { ManualClock } from './clock.ts'

export const bytes = (text: string) => new TextEncoder().encode(text)

/** An app whose upstream answers with a body that the test writes. */
export async function buildWithBody(t: Test, options: ResilienceOptions = {}, status = 200) {
  const app = Fastify()
  t.teardown(() => app.close())
  const clock = new ManualClock()
  let body!: ReadableStreamDefaultController<Uint8Array>
  const answer = async (): Promise<Response> =>
    new Response(new ReadableStream<Uint8Array>({ start: (controller) => void (body = controller) }), {
      status
    })
  await app.register(resilience, {
    clock,
    random: () => 0.5,
    shedding: false,
    fetch: answer,
    ...options,
    defaults: { retry: false, ...options.defaults }
  })
  const fetch = () => app.resilience.fetch(noRequest, 'http://upstream/')
  return { app, clock, fetch, body: () => body, breaker: () => app.resilience.get('fetch')! }
}
