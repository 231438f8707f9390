// Who asks for the end: a second signal, a terminal, a developer.
import { rawSocket, requires, start, until } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { line, script, service } from './support/service.ts'

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

for (const [first, second, code] of [
  ['SIGTERM', 'SIGTERM', 143],
  ['SIGTERM', 'SIGINT', 130],
  ['SIGINT', 'SIGTERM', 143],
  ['SIGINT', 'SIGINT', 130]
] as const) {
  t.test(`${first}, then ${second}: exit code ${code} at once`, async (t) => {
    const app = await service(t, { drainDelay: 60_000 }, { RESOURCES: 'yes' })
    const client = await rawSocket(t, app.port, get('/hang/1'))
    await app.waitFor(/hanging/)
    app.kill(first)
    await app.waitFor(/draining/)
    const before = performance.now()
    app.kill(second)
    t.match(await app.exit, { code, signal: null })
    const passed = performance.now() - before
    t.ok(passed < 5000, `${Math.round(passed)} ms after the second signal`)
    t.notOk(line(app, /shutdown: done|closed resource|were cut/), 'nothing was waited for')
    await client.closed
  })
}

/** Ctrl-C in a terminal of `script`, where the service runs, with an idle connection open. */
async function terminal(t: Test, keys: string, more: Record<string, string> = {}) {
  const { PATH = '' } = process.env
  const env = { PATH, TERM: 'dumb', NODE_ENV: '', ...more }
  const command = `exec '${process.execPath}' --conditions=@seaworthy/source '${script}'`
  const running = start(t, 'script', ['-qec', command, '/dev/null'], { env, stdio: 'pipe' })
  const [, port] = await running.waitFor(/^port (\d+)/m)
  const client = await rawSocket(t, Number(port), get('/'))
  await until('the answer', () => /"pid"/.test(client.received()))
  running.child.stdin?.write(keys)
  const { code } = await running.exit
  return { code, duration: Number(line(running, /shutdown: done/)?.duration) }
}

for (const [keys, what] of [
  ['\x03', 'Ctrl-C'],
  ['\x03\x03', 'Ctrl-C that arrives twice at once, as under npm,']
] as const) {
  requires(['script'], `in a terminal ${what} ends the service without delay`, async (t) => {
    const { code, duration } = await terminal(t, keys)
    t.equal(code, 0)
    t.ok(duration < 1900, `${duration} ms, less than the delay elsewhere`)
  })
}

requires(['script'], 'a pod with a terminal has its delay', async (t) => {
  const { code, duration } = await terminal(t, '\x03', { KUBERNETES_SERVICE_HOST: '10.0.0.1' })
  t.equal(code, 0)
  t.ok(duration >= 2000, `${duration} ms`)
})

t.test('in development nothing is waited for', async (t) => {
  const app = await service(t, {}, { NODE_ENV: 'development' })
  const client = await rawSocket(t, app.port, get('/'))
  await until('the answer', () => /"pid"/.test(client.received()))
  app.kill()
  t.equal((await app.exit).code, 0)
  t.ok((line(app, /shutdown: done/)?.duration as number) < 1900, 'less than the delay elsewhere')
})
