// The preset in the test runners and runtimes that people use, each from npm, with the packages from their tarballs.
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freePort, installedApp, root, run, start, type RunningProcess } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { bun, deno, installTools } from './tools.ts'

const { execPath } = process

const body = `
  const app = Fastify({ ...serverOptions(), logger: false })
  await app.register(seaworthy, { auth: { jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' } } })
  app.get('/left', async (request) => ({ left: request.deadline.remaining() > 0 }))
  app.get('/admin', { onRequest: [app.authorize('admin')] }, async () => 'secret')
  const answers = [await app.inject('/left'), await app.inject('/admin'), await app.inject('/metrics')]
  await app.close()
  const seen = answers.map(({ statusCode }) => statusCode).join()
  if (seen !== '200,401,200') throw new Error('answered ' + seen)
`
const imports = `import Fastify from 'fastify'
import { seaworthy, serverOptions, type SeaworthyOptions } from 'fastify-seaworthy'
`
const requires = `const Fastify = require('fastify')
const { seaworthy, serverOptions } = require('fastify-seaworthy')
`
const untyped = imports.replace(', type SeaworthyOptions', '')
const typed = `${imports}const options: SeaworthyOptions = { auth: false }\nif (options.auth !== false) throw new Error('no')\n{${body}}\nconsole.log('fine')\n`

const server = `${imports}
const options: SeaworthyOptions = { auth: false, shutdown: { drainDelay: 0 } }
const app = Fastify(serverOptions(options))
await app.register(seaworthy, options)
app.get('/left', async (request) => ({ left: request.deadline.remaining() > 0 }))
app.get('/slow', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.once('SIGTERM', () => setTimeout(resolve, 300))
  console.log('slow began')
  await promise
  return { slow: true }
})
console.log('listening on ' + (await app.listen({ host: '127.0.0.1', port: 0 })))
`

/** A server under a tool that restarts it at each change. Its stream would hold up a stop. */
const watched = (version: string) => `${imports}
const options: SeaworthyOptions = { auth: false }
const app = Fastify(serverOptions(options))
await app.register(seaworthy, options)
app.get('/version', async () => '${version}')
app.get('/events', (_request, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\\n\\n')
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
console.log('${version} listens')
`

/** The suite loads the preset anew for each test, as suites with `jest.resetModules` do. */
const resetModules = `
let modules = []
beforeEach(() => {
  jest.resetModules()
})
for (const name of ['one', 'two', 'three']) {
  test(name, async () => {
    const Fastify = require('fastify')
    const preset = require('fastify-seaworthy')
    expect(modules).not.toContain(preset)
    modules.push(preset)
    const lines = []
    const stream = { write: (line) => lines.push(JSON.parse(line)) }
    const app = Fastify(preset.serverOptions({}, { logger: { stream } }))
    await app.register(preset, { auth: { jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' } } })
    app.get('/admin', { onRequest: [app.authorize('admin')] }, async () => 'secret')
    const { accessToken } = await app.auth.issueTokens({ sub: 'ada', roles: ['admin'] })
    const headers = { authorization: 'Bearer ' + accessToken }
    expect((await app.inject({ url: '/admin', headers })).body).toBe('secret')
    expect((await app.inject('/admin')).json().code).toBe('AUTH_REQUIRED')
    expect((await app.inject('/nowhere')).json().code).toBe('ROUTE_NOT_FOUND')
    const before = process.listenerCount('SIGTERM')
    await app.close()
    expect(process.listenerCount('SIGTERM')).toBeLessThanOrEqual(before)
    expect(lines.filter(({ level }) => level >= 40).map(({ msg }) => msg)).toEqual([])
  })
}
`

/** The sample of the page about tests for this runner, as a reader copies it. */
const sampleFor = (runner: string): string => {
  const page = readFileSync(join(root, 'docs/tasks/tests.md'), 'utf8')
  const sample = new RegExp(`^\`\`\`js ${runner}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1]
  if (sample === undefined) throw new Error(`docs/tasks/tests.md has no sample for ${runner}`)
  return sample
}

const files = {
  'page-vitest/app.test.mjs': sampleFor('vitest'),
  'page-jest/app.test.js': sampleFor('jest'),
  'vitest/app.test.ts': `import { test } from 'vitest'\n${untyped}test('the preset', async () => {${body}})\n`,
  'jest/app.test.js': `${requires}test('the preset', async () => {${body}})\n`,
  'jest-reset/app.test.js': resetModules,
  'jest-imported/app.test.js': `const { test } = require('@jest/globals')\n${requires}test('the preset', async () => {${body}})\n`,
  'jest-esm/app.test.mjs': `import { test } from '@jest/globals'\n${untyped}test('the preset', async () => {${body}})\n`,
  'esm/package.json': '{ "type": "module" }',
  'esm/app.ts': typed,
  'app.mts': typed,
  'app.cts': `${requires}async function main () {${body}\nconsole.log('fine')\n}\nmain()\n`,
  'server.ts': server
}

async function answer(
  url: string,
  headers: Record<string, string> = {},
  agent: Agent | false = false
): Promise<{ response: IncomingMessage; body: string }> {
  const [response] = (await once(get(url, { headers, agent }), 'response')) as [IncomingMessage]
  return { response, body: await text(response) }
}

/** The behaviour of a server of the preset on a socket, under each runtime. */
async function serves(t: Test, process: RunningProcess): Promise<void> {
  const [, url] = await process.waitFor(/listening on (http:\S+)/, 120_000)

  const { response, body } = await answer(`${url}/left`, { 'x-correlation-id': 'from-the-client-1234' })
  t.match(response, {
    statusCode: 200,
    headers: {
      'x-correlation-id': 'from-the-client-1234',
      'x-content-type-options': 'nosniff',
      'content-security-policy': String,
      'x-ratelimit-limit': String
    }
  })
  t.strictSame(JSON.parse(body), { left: true })
  t.match((await answer(`${url}/nowhere`)).response, { statusCode: 404 })
  t.match((await answer(`${url}/health/ready`)).body, /"status":"ready"/)
  t.match(
    (await answer(`${url}/metrics`)).body,
    /http_request_duration_seconds_count\{[^}]*route="\/left"[^}]*\} 1/
  )

  const slow = answer(`${url}/slow`)
  await process.waitFor(/slow began/)
  process.kill('SIGTERM')
  const last = await slow
  t.match(last.response, { statusCode: 200 }, 'a request that was there before SIGTERM is answered')
  t.strictSame(JSON.parse(last.body), { slow: true })
  t.strictSame(await process.exit, { code: 0, signal: null }, 'then the process ends with 0')
  t.ok(
    process.logs().some(({ msg, route }) => msg === 'request completed' && route === '/slow'),
    'the last request has its line'
  )
}

t.setTimeout(900_000)

t.test('the preset in other runners', async (t) => {
  await installTools()
  const app = await installedApp(t, {
    packages: ['fastify@5.12.8', 'fastify-seaworthy', 'jest@30.5.2', 'tsx@4.23.15', 'vitest@5.1.1'],
    files
  })
  const env = {
    ...process.env,
    PATH: `${dirname(execPath)}:${process.env.PATH}`,
    NODE_ENV: 'test',
    LOG_LEVEL: 'info'
  }
  const bin = (name: string) => join(app, 'node_modules', name)
  const runs = (t: Test, [command = '', ...args]: string[], more: NodeJS.ProcessEnv = {}) => {
    const printed = run(command, args, { cwd: app, env: { ...env, ...more }, timeout: 300_000 })
    t.pass('ran')
    return printed
  }

  await t.test('vitest', async (t) => {
    runs(t, [execPath, bin('vitest/vitest.mjs'), 'run', '--testTimeout=120000', '--dir', 'vitest'])
    t.match(
      runs(t, [execPath, bin('vitest/vitest.mjs'), 'run', '--testTimeout=120000', '--dir', 'page-vitest']),
      /2 passed/
    )
  })

  // Without the flag Jest cannot require ES modules, of which Fastify's own `inject` needs one: `cookie`.
  const jest = [
    '--experimental-vm-modules',
    bin('jest/bin/jest.js'),
    '--ci',
    '--testTimeout=120000',
    '--rootDir'
  ]
  await t.test('jest, with CommonJS', async (t) => {
    runs(t, [execPath, ...jest, 'jest'])
    runs(t, [execPath, ...jest, 'page-jest'])
  })
  await t.test('jest, with modules that are loaded anew for each test', async (t) => {
    runs(t, [execPath, ...jest, 'jest-reset'])
  })
  await t.test('jest, without its globals', async (t) => {
    runs(t, [execPath, ...jest, 'jest-imported', '--injectGlobals=false'])
  })
  await t.test('jest, with ES modules', async (t) => {
    const matching = ['--testMatch', '**/*.test.mjs', '--injectGlobals=false']
    runs(t, [execPath, ...jest, 'jest-esm', ...matching])
  })

  await t.test('tsx', async (t) => {
    for (const file of ['esm/app.ts', 'app.mts', 'app.cts']) {
      t.match(runs(t, [execPath, bin('tsx/dist/cli.mjs'), file]), /fine/, file)
    }
  })
  await t.test('Node, which strips types itself', async (t) => {
    for (const file of ['esm/app.ts', 'app.mts', 'app.cts']) t.match(runs(t, [execPath, file]), /fine/, file)
  })
  await t.test('a server on Node', async (t) => {
    await serves(t, start(t, execPath, ['server.ts'], { cwd: app, env: free(env) }))
  })

  for (const [name, args] of [
    ['node --watch', ['--watch', 'watched-by-node.mts']],
    ['tsx watch', [bin('tsx/dist/cli.mjs'), 'watch', 'watched-by-tsx.mts']]
  ] as const) {
    await t.test(`${name} restarts a server at a change`, async (t) => {
      const port = await freePort()
      const file = join(app, args.at(-1)!)
      writeFileSync(file, watched('first'))
      const more = { PORT: `${port}`, NODE_ENV: 'development' }
      const running = start(t, execPath, args, { cwd: app, env: { ...free(env), ...more } })
      await running.waitFor(/first listens/)
      const url = `http://127.0.0.1:${port}`
      const agent = new Agent({ keepAlive: true })
      t.teardown(() => agent.destroy())
      t.equal((await answer(`${url}/version`, {}, agent)).body, 'first')
      const stream = get(`${url}/events`, { agent: false })
      const [events] = (await once(stream, 'response')) as [IncomingMessage]
      const ended = once(events.on('error', () => undefined).resume(), 'close')

      const change = () => writeFileSync(file, watched('second'))
      change()
      // A watcher that was not looking yet gets another chance.
      const again = setInterval(change, 20_000)
      await running.waitFor(/second listens/).finally(() => clearInterval(again))
      await ended
      t.equal((await answer(`${url}/version`)).body, 'second')
      t.notMatch(running.output(), /EADDRINUSE|"level":(?:40|50|60)|[Ff]orc/)
      running.kill('SIGINT')
      await running.exit
      await t.rejects(answer(`${url}/version`), { code: 'ECONNREFUSED' })
    })
  }

  await t.test('Bun', { skip: bun === undefined && 'needs bun' }, async (t) => {
    if (bun === undefined) return
    t.match(runs(t, [bun, 'app.mts']), /fine/)
    t.match(runs(t, [bun, 'app.cts']), /fine/)
    await serves(t, start(t, bun, ['server.ts'], { cwd: app, env: free(env) }))
  })

  await t.test('Deno', { skip: deno === undefined && 'needs deno' }, async (t) => {
    if (deno === undefined) return
    const denoVariables = { DENO_DIR: join(app, '.deno'), DENO_NO_UPDATE_CHECK: '1' }
    const args = ['run', '--allow-all', '--no-remote', '--no-lock']
    t.match(runs(t, [deno, ...args, 'app.mts'], denoVariables), /fine/)
    await serves(
      t,
      start(t, deno, [...args, 'server.ts'], { cwd: app, env: free({ ...env, ...denoVariables }) })
    )
  })
})

/** Without what the test runner puts there for Node programs. */
function free(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^_?TAP|^NODE_(?:OPTIONS|COMPILE_CACHE)$/.test(name))
  )
}
