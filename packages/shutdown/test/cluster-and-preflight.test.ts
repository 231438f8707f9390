import { join } from 'node:path'
import { freePort, requires, startNode, until } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { preflight } from '../src/index.ts'
import { certificate } from './support/certificate.ts'
import { startClients } from './support/clients.ts'

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)

t.test('a cluster reload in the way of PM2 loses no request', async (t) => {
  const port = await freePort()
  const env = { PORT: String(port), NODE_ENV: 'production' }
  const primary = startNode(t, fixture('cluster.ts'), { env })
  await primary.waitFor(/workers are up/)
  const clients = startClients({ port }, { connections: 30 })
  await until('clients to be busy', () => clients.count.ok > 200)
  primary.kill('SIGUSR2')
  await primary.waitFor(/reloaded/, 60_000)
  const count = await clients.stop()
  t.strictSame(count.failed, {}, `0 of ${count.ok} requests failed`)
  t.equal(primary.output().match(/worker gone with 0/g)?.length, 2)
})

t.test('preflight passes a release that becomes ready and fails the others', async (t) => {
  const nodeArgs = ['--conditions=@seaworthy/source']
  const common = { script: fixture('app.ts'), nodeArgs, timeout: 20_000 }
  const env = { NODE_ENV: 'development', NODE_OPTIONS: '' }
  t.match(await preflight({ ...common, env }), { ok: true, reason: /^ready after/ })
  t.match(await preflight({ ...common, env: { ...env, BOOT: 'throw' } }), {
    ok: false,
    reason: 'it ended with exit code 1 before it was ready',
    output: /this release does not boot/
  })
  t.match(await preflight({ ...common, env, path: '/nothing', timeout: 8000 }), {
    ok: false,
    reason: /not ready after 8000 ms.*status 404/
  })
})

/** Runs the command `preflight` to its end. */
async function command(t: Test, args: string[], env: Record<string, string> = {}) {
  const running = startNode(t, join(import.meta.dirname, '../src/cli.ts'), {
    args: ['preflight', ...args],
    env: { NODE_ENV: 'development', ...env }
  })
  const { code } = await running.exit
  return { code, output: running.output() }
}

t.test('preflight passes a release that becomes ready, with exit code 0', async (t) => {
  const { code, output } = await command(t, [fixture('app.ts')], { PORT: '1' })
  t.equal(code, 0)
  t.match(output, /^preflight: .*app\.ts: ready after \d+ ms\n$/m)
})

for (const [what, args, env, reason] of [
  ['fails to boot', [], { BOOT: 'throw' }, /does not boot[^]*ended with exit code 1 before it was ready/],
  ['hangs', ['--timeout', '1500'], { BOOT: 'hang' }, /not ready after 1500 ms.*no answer/],
  ['never becomes ready', ['--timeout', '8000'], { READY: 'never' }, /not ready after 8000 ms.*status 503/],
  ['answers elsewhere', ['--path=/up', '--timeout=8000'], {}, /not ready after 8000 ms.*\/up gave status 404/]
] as const) {
  t.test(`preflight stops a release that ${what}, with exit code 1`, async (t) => {
    const port = String(await freePort())
    const { code, output } = await command(t, [...args, '--port', port, fixture('app.ts')], env)
    t.equal(code, 1)
    t.match(output, reason)
    await t.rejects(fetch(`http://127.0.0.1:${port}/health/live`), 'the release has stopped')
  })
}

for (const [service, env, protocol] of [
  ['https', {}, 'https'],
  ['https and HTTP/2', { HTTP2: 'yes' }, 'HTTP/2'],
  ['HTTP/2 over TLS alone', { HTTP2: 'yes', HTTP1: 'no' }, 'HTTP/2']
] as const) {
  requires(['openssl'], `preflight passes a service with ${service}, whatever its certificate`, async (t) => {
    const TLS = certificate(t)
    const { code, output } = await command(t, [fixture('app.ts')], { ...env, TLS })
    t.equal(code, 0, output)
    t.ok(output.trimEnd().endsWith(` ms over ${protocol}`), output)
    const failed = await command(t, ['--timeout=8000', '--path=/up', fixture('app.ts')], { ...env, TLS })
    t.equal(failed.code, 1)
    t.match(failed.output, /not ready after 8000 ms: https:.*\/up gave status 404\n$/)
  })
}

t.test('preflight passes a service with HTTP/2 without TLS', async (t) => {
  const { code, output } = await command(t, [fixture('app.ts')], { HTTP2: 'yes' })
  t.equal(code, 0, output)
  t.match(output, /ready after \d+ ms over HTTP\/2\n$/)
})

requires(
  ['openssl'],
  'preflight names the error of a service that demands client certificates',
  async (t) => {
    const env = { TLS: certificate(t), CLIENT_CERTIFICATES: 'yes' }
    const { code, output } = await command(t, ['--timeout', '8000', fixture('app.ts')], env)
    t.equal(code, 1)
    t.match(output, /no answer by http, https or HTTP\/2 \(ERR_SSL_\w*CERTIFICATE\w*\)/)
  }
)

t.test('preflight passes the arguments behind the script to it', async (t) => {
  const { code, output } = await command(t, ['--timeout', '9000', fixture('app.ts'), '--broken'])
  t.equal(code, 1)
  t.match(output, /does not boot/)
})

t.test('preflight stops the release when it gets SIGTERM', async (t) => {
  const port = String(await freePort())
  const args = ['preflight', '--port', port, '--path', '/nothing', fixture('app.ts')]
  const script = join(import.meta.dirname, '../src/cli.ts')
  const running = startNode(t, script, { args, env: { NODE_ENV: 'development' } })
  const live = () => fetch(`http://127.0.0.1:${port}/health/live`)
  await until('the release to listen', async () => live().catch(() => undefined))
  running.kill()
  t.equal((await running.exit).code, 1)
  t.match(running.output(), /given up/)
  await t.rejects(live())
})

for (const [args, message] of [
  [[], /name the script[^]*npx @seaworthy\/shutdown preflight \[--path/],
  [['--port', 'http', 'a.js'], /--port must be a whole number, got 'http'/],
  [['--tiemout', '1', 'a.js'], /Unknown option '--tiemout'/]
] as const) {
  t.test(`preflight ${args.join(' ')} prints the usage, with exit code 2`, async (t) => {
    const { code, output } = await command(t, [...args])
    t.equal(code, 2)
    t.match(output, message)
  })
}

for (const [args, code, message] of [
  [['--help'], 0, /^npx @seaworthy\/shutdown preflight \[--path/],
  [['preflight', '--help'], 0, /^npx @seaworthy\/shutdown preflight \[--path/],
  [[], 2, /the command is preflight, got none/],
  [['src/server.js'], 2, /the command is preflight, got src\/server\.js/]
] as const) {
  t.test(`the command line "${args.join(' ')}" exits with ${code}`, async (t) => {
    const running = startNode(t, join(import.meta.dirname, '../src/cli.ts'), { args: [...args] })
    t.equal((await running.exit).code, code)
    t.match(running.output(), message)
  })
}
