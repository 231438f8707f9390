// Error tracking by Sentry in real processes, and the end of a process by an uncaught error.
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { startIntake, startLoad, startNode, until, type Intake } from '@seaworthy/testing'

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

interface SentryEvent {
  exception: { values: { value: string }[] }
  tags: Record<string, unknown>
  user?: Record<string, unknown>
  request?: Record<string, unknown>
  environment: string
}

/** The events that an intake got: envelopes are lines of JSON. */
function events({ requests }: Intake): SentryEvent[] {
  return requests.flatMap(({ body, headers }) => {
    const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    const lines = text.toString().split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line) as SentryEvent).filter(({ exception }) => exception)
  })
}

for (const [name, nodeArgs, environment] of [
  ['started by the plugin', [], 'test'],
  ['started by the service before', ['--import', fixture('sentry-preload.mjs')], 'preloaded']
] as const) {
  t.test(`Sentry ${name} gets each failure once, with its final status and no personal data`, async (t) => {
    const intake = await startIntake(t)
    const service = startNode(t, fixture('sentry-app.ts'), {
      nodeArgs: [...nodeArgs],
      env: { DSN: `http://public@127.0.0.1:${intake.port}/1` }
    })
    const [, url = ''] = await service.waitFor(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
    const headers = {
      'x-correlation-id': 'chain-9',
      cookie: 'session=hunter2',
      'content-type': 'application/json'
    }
    await fetch(`${url}/boom/1?token=hunter2`, { method: 'POST', headers, body: '{"password":"hunter2"}' })
    for (const path of ['/mapped', '/gone', '/shared', '/shared', '/nowhere', '/captured'])
      await fetch(url + path)
    service.kill('SIGTERM')
    t.equal((await service.exit).code, 0)

    const got = events(intake)
    t.equal(got.length, 3)
    t.strictSame(
      new Set(got.map(({ exception }) => exception.values.at(-1)?.value)),
      new Set(['boom', 'shared', 'captured'])
    )
    const boom = got.find(({ exception }) => exception.values.at(-1)?.value === 'boom')
    t.match(boom, {
      environment,
      tags: {
        route: '/boom/:id',
        statusCode: 500,
        method: 'POST',
        correlationId: 'chain-9',
        traceId: /^[0-9a-f]{32}$/
      },
      user: { id: 'user-7' }
    })
    const everything = Buffer.concat(intake.requests.map(({ body }) => body)).toString()
    t.notMatch(everything, /hunter2|someone@example/)
    t.notOk(boom?.user?.ip_address)
  })
}

for (const [path, message] of [
  ['/crash', 'crashed'],
  ['/reject', 'rejected']
] as const) {
  t.test(
    `a process that crashes by ${path} under load writes its last line and sends its event`,
    async (t) => {
      const intake = await startIntake(t)
      const service = startNode(t, fixture('sentry-app.ts'), {
        env: { DSN: `http://public@127.0.0.1:${intake.port}/1` }
      })
      const [, port = ''] = await service.waitFor(/listening at http:\/\/127\.0\.0\.1:(\d+)/)
      const load = startLoad(Number(port), '/nowhere', {
        connections: 10,
        onResult: (status) => typeof status === 'number'
      })
      await until('some load', () => load.result.statuses['404']! > 20)
      await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
      const { code } = await service.exit
      await load.stop()
      t.equal(code, 1)
      t.match(
        service.logs().find(({ level }) => level === 60),
        {
          msg: /^observability: (?:uncaughtException|unhandledRejection); the error is reported; the process exits/,
          err: { message }
        }
      )
      t.strictSame(
        events(intake).map(({ exception }) => exception.values.at(-1)?.value),
        [message]
      )
    }
  )
}

t.test("Sentry's integration of pino gets the lines of requests", async (t) => {
  const intake = await startIntake(t)
  const service = startNode(t, fixture('sentry-app.ts'), {
    nodeArgs: ['--import', fixture('sentry-preload.mjs')],
    env: { DSN: `http://public@127.0.0.1:${intake.port}/1`, SENTRY_LOGS: '1' }
  })
  const [, url = ''] = await service.waitFor(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
  await fetch(`${url}/gone`)
  service.kill('SIGTERM')
  t.equal((await service.exit).code, 0)
  t.match(service.logs().at(-1), { msg: 'request completed', route: '/gone', statusCode: 410 })
  const sent = intake.requests.map(({ body, headers }) =>
    (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString()
  )
  const logs = sent.filter((text) => text.includes('"type":"log"')).join('\n')
  t.match(logs, /"body":"request completed"/)
  t.match(logs, /"route":\{"value":"\/gone"/)
  t.notMatch(logs, /self-test/)
})

for (const [name, env, sent] of [
  ['one app', {}, 0],
  ['two apps', { APPS: '2' }, 0],
  ["the app's own Sentry", { SENTRY: '1' }, 1],
  ["the app's own Sentry and a DSN", { SENTRY: '1', TRACKING: '1' }, 1],
  ['two apps and a Sentry', { APPS: '2', SENTRY: '1', TRACKING: '1' }, 1],
  ['a rejection', { REJECT: '1' }, 0],
  ["a rejection beside the app's own Sentry", { REJECT: '1', SENTRY: '1' }, 1],
  ['a rejection beside a Sentry and two apps', { REJECT: '1', APPS: '2', SENTRY: '1', TRACKING: '1' }, 1]
] as const) {
  t.test(`an uncaught error ends the process with code 1: ${name}`, async (t) => {
    const intake = await startIntake(t)
    const service = startNode(t, fixture('crashing-app.ts'), {
      env: { ...env, DSN: `http://public@127.0.0.1:${intake.port}/1` }
    })
    t.equal((await service.exit).code, 1)
    t.match(
      service.logs().find(({ level }) => level === 60),
      { msg: /the process exits with code 1/, err: { message: 'state is corrupt' } }
    )
    t.strictSame(
      events(intake).map(({ exception }) => exception.values.at(-1)?.value),
      Array.from({ length: sent }, () => 'state is corrupt')
    )
  })
}

t.test(
  "an unhandled rejection is left to a listener of the app, also beside the app's own Sentry",
  async (t) => {
    const intake = await startIntake(t)
    const env = { REJECT: '1', LISTENER: '1', SENTRY: '1', DSN: `http://public@127.0.0.1:${intake.port}/1` }
    const service = startNode(t, fixture('crashing-app.ts'), { env })
    await service.waitFor(/the app decides/)
    t.equal((await service.exit).code, 3)
    t.notOk(service.logs().some(({ level }) => level === 60))
  }
)
