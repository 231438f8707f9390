// The preset in processes that end by other handlers of signals too.
import './parts.ts'
import { join } from 'node:path'
import { startNode } from '@seaworthy/testing'
import t from 'tap'

const folder = join(import.meta.dirname, 'apps/rivals')

for (const [RIVAL, name] of [
  ['close-with-grace', /close/i],
  ['stop', /stop/]
] as const) {
  t.test(`beside ${RIVAL} one shutdown answers the requests in flight, and the rival is named`, async (t) => {
    const running = startNode(t, join(folder, 'server.js'), { env: { RIVAL, NODE_ENV: '' } })
    const [, url] = await running.waitFor(/Server listening at (http:\/\/127\.0\.0\.1:\d+)/)
    const slow = fetch(`${url}/slow`)
    await running.waitFor(/slow begins/)
    running.kill('SIGTERM')
    const response = await slow
    t.equal(response.status, 200)
    t.strictSame(await response.json(), { slow: true })
    t.match(await running.exit, { code: 0, signal: null })
    const messages = running.logs().map(({ msg }) => String(msg))
    t.match(
      messages.find((msg) => /another listener of/.test(msg)),
      name
    )
    for (const once of [/shutdown: draining/, /closed by the app/])
      t.equal(messages.filter((msg) => once.test(msg)).length, 1, String(once))
  })
}
