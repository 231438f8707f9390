import { join } from 'node:path'
import { startNode } from '@seaworthy/testing'
import t, { type Test } from 'tap'

const folder = join(import.meta.dirname, '..')

/** Starts one of the files and gives its address. */
async function run(t: Test, file: string, env: Record<string, string> = {}) {
  const app = startNode(t, join(folder, file), { env: { PORT: '0', ...env } })
  const [, url] = await app.waitFor(/listening on (http:\S+)/)
  return { app, url: url! }
}

t.test('the app as it was answers, and leaks', async (t) => {
  const { url } = await run(t, 'app.js')
  t.equal((await fetch(`${url}/books/1`)).status, 200)
  t.match(await (await fetch(`${url}/broken`)).text(), /hunter2/)
})

t.test('with observability each request is one line, with id, duration and slow flag', async (t) => {
  const { app, url } = await run(t, 'with-observability.js')
  const answer = await fetch(`${url}/slow`, { headers: { 'x-correlation-id': 'abc-1' } })
  t.equal(answer.headers.get('x-correlation-id'), 'abc-1')
  await app.waitFor(/request completed/)
  const lines = app.logs().filter(({ route }) => route === '/slow')
  t.match(lines, [{ correlationId: 'abc-1', slow: true, statusCode: 200, msg: 'request completed' }])
  t.equal(lines.length, 1)
  t.match(await (await fetch(`${url}/metrics`)).text(), /http_requests_total\{[^}]*route="\/slow"/)
})

t.test('with errors an error is masked, and has the id of its request', async (t) => {
  const { url } = await run(t, 'with-errors.js')
  const answer = await fetch(`${url}/broken`)
  t.equal(answer.status, 500)
  const body = await answer.text()
  t.notMatch(body, /hunter2|ECONNREFUSED/)
  t.match(JSON.parse(body), { statusCode: 500, error: 'Internal Server Error', correlationId: /./ })
})

t.test('with shutdown a request in flight is answered, the resource closed, the exit code 0', async (t) => {
  const { app, url } = await run(t, 'with-shutdown.js', { NODE_ENV: 'production' })
  const slow = fetch(`${url}/slow`)
  // The request must have arrived before the signal: a second one, answered, says so on the same loop.
  await (await fetch(`${url}/books/1`)).text()
  app.kill('SIGTERM')
  t.equal((await slow).status, 200)
  t.match(await app.exit, { code: 0 })
  t.match(app.output(), /books closed/)
})

t.test('with health the probes answer', async (t) => {
  const { url } = await run(t, 'with-health.js')
  t.match(await (await fetch(`${url}/health/ready`)).json(), { status: 'ready', checks: { books: true } })
  t.match(await (await fetch(`${url}/health/live`)).json(), { status: 'ok' })
})

t.test('with resilience the fallback answers, marked as degraded', async (t) => {
  const { url } = await run(t, 'with-resilience.js')
  t.match(await (await fetch(`${url}/books/1/reviews`)).json(), { value: [], degraded: true })
})

t.test('with security there are headers, and the sixth request is one too many', async (t) => {
  const { url } = await run(t, 'with-security.js')
  const statuses: number[] = []
  for (let i = 0; i < 6; i++) statuses.push((await fetch(`${url}/books/1`)).status)
  t.strictSame(statuses, [200, 200, 200, 200, 200, 429])
  t.equal((await fetch(`${url}/unknown`)).headers.get('x-content-type-options'), 'nosniff')
})

t.test('with auth there is no way in without a token, and no start without a secret', async (t) => {
  const { url } = await run(t, 'with-auth.js', { JWT_SECRET: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' })
  t.equal((await fetch(`${url}/me`)).status, 401)
  t.equal((await fetch(`${url}/books/1`, { method: 'DELETE' })).status, 401)

  const refused = startNode(t, join(folder, 'with-auth.js'), { env: { PORT: '0', JWT_SECRET: 'short' } })
  t.not((await refused.exit).code, 0)
  t.match(refused.output(), /jwt\.secret/)
  t.notMatch(refused.output(), /'short'/)
})
