// How signals shut the service down: a second signal, a terminal, a developer's machine.
import { rawSocket, requires, start, until, type RunningProcess } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { line, script, service } from './support/service.ts'

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

for (const [first, second, code] of [
  ['SIGTERM', 'SIGTERM', 143],
  ['SIGTERM', 'SIGINT', 130],
  ['SIGINT', 'SIGTERM', 143],
  ['SIGINT', 'SIGINT', 130]
] as const) {
  t.test(`${second} after ${first} exits at once, with code ${code}`, async (t) => {
    const app = await service(t, { drainDelay: 60_000 }, { RESOURCES: 'yes' })
    const client = await rawSocket(t, app.port, get('/hang/1'))
    await app.waitFor(/hanging/)
    app.kill(first)
    await app.waitFor(/draining/)
    // A signal within a moment counts as the first.
    const again = setInterval(() => app.kill(second), 50)
    t.match(await app.exit, { code, signal: null })
    clearInterval(again)
    t.notOk(line(app, /shutdown: done|closed resource|were cut/), 'it waits for nothing')
    await client.closed
  })
}

for (const [first, second] of [
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGINT'],
  // Ctrl-C reaches a wrapper too, which ends and terminates its child.
  ['SIGINT', 'SIGTERM']
] as const) {
  t.test(`${second} by a wrapper at once after ${first} is the same signal`, async (t) => {
    const app = await service(t, { drainDelay: 0 })
    const client = await rawSocket(t, app.port, get('/slow?ms=800'))
    const other = await rawSocket(t, app.port, get('/in-flight'))
    await until('the request', () => /\r\n\r\n[12]$/.test(other.received()))
    app.kill(first)
    await app.waitFor(/shutdown: draining/)
    app.kill(second)
    t.equal((await app.exit).code, 0)
    t.match(client.received(), /200 OK[^]*"pid"/)
  })
}

/** The defaults of timeout, closeTimeout and flushTimeout together. */
const budgetWithoutDelay = 17_000
/** By text: a terminal echoes Ctrl-C at the start of the line. */
const budgetOf = (running: RunningProcess) =>
  Number(/"budget":(\d+),"msg":"shutdown: draining"/.exec(running.output())?.[1])

/** Presses Ctrl-C in a terminal of `script`, where the service runs with an idle connection. */
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
  return { code, budget: budgetOf(running) }
}

for (const [keys, what] of [
  ['\x03', 'Ctrl-C'],
  ['\x03\x03', 'Ctrl-C that arrives twice at once, as under npm,']
] as const) {
  requires(['script'], `in a terminal ${what} shuts the service down without delay`, async (t) => {
    const { code, budget } = await terminal(t, keys)
    t.equal(code, 0)
    t.equal(budget, budgetWithoutDelay)
  })
}

requires(['script'], 'a pod with a terminal has the drain delay', async (t) => {
  const { code, budget } = await terminal(t, '\x03', { KUBERNETES_SERVICE_HOST: '10.0.0.1' })
  t.equal(code, 0)
  t.equal(budget, 28_000, 'it fits into the 30 seconds of Kubernetes')
})

for (const [name, env] of [
  ['NODE_ENV=development', { NODE_ENV: 'development' }],
  ['a process of node --watch', { WATCH_REPORT_DEPENDENCIES: '1' }]
] as const)
  t.test(`${name} has no drain delay`, async (t) => {
    const app = await service(t, {}, env)
    const client = await rawSocket(t, app.port, get('/'))
    await until('the answer', () => /"pid"/.test(client.received()))
    app.kill()
    t.equal((await app.exit).code, 0)
    t.equal(budgetOf(app), budgetWithoutDelay)
  })
