import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startNode, temporaryFolder, type RunningProcess } from '@seaworthy/testing'
import t, { type Test } from 'tap'

interface Answer {
  status: number
  headers: Headers
  body: any
}
type Ask = (path: string, init?: RequestInit) => Promise<Answer>

const apps = join(import.meta.dirname, 'apps')

/** Waits until the app listens. Returns a function that sends requests to it. */
async function listening(app: RunningProcess): Promise<Ask> {
  const [, url = ''] = await app.waitFor(/Server listening at (http:\/\/127\.0\.0\.1:\d+)/, 60_000)
  return async (path, init) => {
    const response = await fetch(url + path, init)
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
}

const start = async (t: Test, entry: string): Promise<Ask> => listening(startNode(t, join(apps, entry)))

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body)
})

/** Checks the features of every app with the preset. */
async function hasThePreset(t: Test, ask: Ask): Promise<void> {
  t.equal((await ask('/health/live')).status, 200)
  const { headers } = await ask('/nothing')
  t.match(headers.get('x-correlation-id'), /./)
  t.equal(headers.get('x-content-type-options'), 'nosniff')
  t.match((await ask('/metrics')).body, /^http_requests_total\{/m)
}

t.test('a plain CommonJS app works with one plugin, then with the preset', async (t) => {
  const before = await start(t, 'commonjs/today.cjs')
  const one = await start(t, 'commonjs/one.cjs')
  const all = await start(t, 'commonjs/all.cjs')

  for (const ask of [before, one, all]) {
    t.match(await ask('/greeting/Ada'), { status: 200, body: { hello: 'Ada' } })
    t.match(await ask('/sum', json({ a: 1, b: 2 })), { status: 200, body: { sum: 3 } })
    t.equal((await ask('/sum', json({ a: 1 }))).status, 400)
    t.equal((await ask('/broken')).status, 500)
  }
  t.equal((await before('/health/live')).status, 404)
  t.equal((await one('/health/live')).status, 200)
  await hasThePreset(t, all)
  t.match((await before('/broken')).body, { message: 'the reason' })
  t.notMatch(
    (await all('/broken')).body,
    { message: 'the reason' },
    'the message of an internal error is not sent'
  )
})

t.test('an app of modules keeps the handlers of its child scopes', async (t) => {
  const before = await start(t, 'modules/today.js')
  const one = await start(t, 'modules/one.js')
  const all = await start(t, 'modules/all.js')

  for (const ask of [before, one, all]) {
    t.match(await ask('/greeting/Ada'), { status: 200, body: { hello: 'Ada' } })
    t.match(await ask('/area/visitor', { headers: { 'x-visitor': 'Ada' } }), { body: { visitor: 'Ada' } })
    t.match(await ask('/area/broken'), { status: 418, body: { own: 'handled by the area' } })
    t.match(await ask('/area/nothing'), { status: 404, body: { own: 'nothing in this area' } })
  }
  t.match(await before('/nothing'), { status: 404, body: { message: 'Route GET:/nothing not found' } })
  for (const ask of [one, all]) {
    t.match(await ask('/nothing'), { status: 404, body: { code: /./, correlationId: /./ } })
    t.match(
      await ask('/%zz'),
      { status: 400, body: { code: /./, correlationId: /./ } },
      'a malformed URL has the same shape'
    )
  }
  await hasThePreset(t, all)
})

t.test('a strict TypeScript app works with its own types', async (t) => {
  for (const entry of ['today', 'one', 'all']) {
    const app = startNode(t, join(apps, `strict/${entry}.ts`))
    const ask = await listening(app)
    t.match(await ask('/sum/1?b=2'), { status: 200, body: { sum: 3 } })
    t.match(await ask('/sum/x'), { status: 400, body: { message: 'a is not a number' } })
    if (entry === 'all') await hasThePreset(t, ask)
    app.kill('SIGTERM')
    const ended = await app.exit
    if (entry === 'today') t.equal(ended.signal, 'SIGTERM', 'cut off')
    else {
      t.match(ended, { code: 0, signal: null }, 'drained')
      t.match(app.output(), /closed by the app/)
    }
  }
})

t.test('the OpenAPI document of an app with @fastify/swagger keeps its routes', async (t) => {
  const paths = async (ask: Ask) => (await ask('/openapi.json')).body.paths as Record<string, unknown>
  const before = await start(t, 'swagger/today.js')
  const one = await start(t, 'swagger/one.js')
  const all = await start(t, 'swagger/all.js')

  const today = await paths(before)
  t.strictSame(Object.keys(today), ['/item/{id}'])
  t.strictSame(await paths(one), today)
  const { '/item/{id}': item, ...operational } = await paths(all)
  t.strictSame(item, today['/item/{id}'])
  t.ok(
    Object.keys(operational).every((path) => path.startsWith('/health/') || path === '/metrics'),
    Object.keys(operational).join(' ')
  )
  await hasThePreset(t, all)
})

t.test("a NestJS app on Fastify's adapter keeps Nest's responses", async (t) => {
  const before = await start(t, 'nest/today.js')
  const one = await start(t, 'nest/one.js')
  const all = await start(t, 'nest/all.js')

  for (const ask of [before, one, all]) {
    t.match(await ask('/cats/Tom'), { status: 200, body: { name: 'Tom' } })
    t.match(await ask('/cats/unknown'), { status: 404, body: { message: 'no such cat', statusCode: 404 } })
    t.match(await ask('/dogs'), { status: 404, body: { message: 'Cannot GET /dogs' } })
  }
  t.match(
    (await one('/metrics')).body,
    /http_requests_total\{[^}]*route="\/cats\/:name",status_code="200"\} 1/
  )
  await hasThePreset(t, all)
})

t.test('an app that fastify-cli generates needs one file in its plugins folder', async (t) => {
  const packageFolder = join(import.meta.dirname, '..')
  const cli = join(packageFolder, 'node_modules/fastify-cli/cli.js')
  const folder = join(temporaryFolder(t, 'generated'), 'app')
  const generated = spawnSync(process.execPath, [cli, 'generate', folder], { encoding: 'utf8' })
  t.equal(generated.status, 0, generated.stderr)
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(join(packageFolder, 'node_modules'))) {
    symlinkSync(join(packageFolder, 'node_modules', name), join(folder, 'node_modules', name))
  }
  symlinkSync(packageFolder, join(folder, 'node_modules/fastify-seaworthy'))
  const begin = async (...more: string[]) => {
    // It treats port 0 as no port.
    const args = ['start', '-l', 'info', '-a', '127.0.0.1', '-p', String(await freePort()), ...more, 'app.js']
    return startNode(t, cli, { args, cwd: folder })
  }

  const today = await listening(await begin())
  t.match(await today('/'), { status: 200, body: { root: true } })

  writeFileSync(join(folder, 'plugins/readiness.js'), "module.exports = require('@seaworthy/health')\n")
  const one = await listening(await begin())
  t.match(await one('/'), { status: 200, body: { root: true } })
  t.equal((await one('/health/live')).status, 200)

  rmSync(join(folder, 'plugins/readiness.js'))
  writeFileSync(
    join(folder, 'plugins/production.js'),
    "module.exports = require('fastify-seaworthy').seaworthy\n"
  )
  const running = await begin()
  const all = await listening(running)
  t.match(await all('/'), { status: 200, body: { root: true } })
  t.match(await all('/example'), { status: 200, body: 'this is an example' })
  await hasThePreset(t, all)
  running.kill('SIGTERM')
  t.match(await running.exit, { code: 0 })

  // The options of the constructor then reach every plugin file.
  const options = "module.exports.options = require('fastify-seaworthy').serverOptions()"
  const app = readFileSync(join(folder, 'app.js'), 'utf8')
  writeFileSync(join(folder, 'app.js'), `${app}\n${options}\n`)
  const whole = await begin('--options')
  await hasThePreset(t, await listening(whole))
  t.strictSame(
    whole.logs().filter(({ msg }) => /constructor (?:lacks|options)|serverOptions/i.test(String(msg))),
    []
  )
})
