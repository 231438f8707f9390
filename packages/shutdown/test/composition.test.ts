// Together with other plugins, in both orders of registration; with several apps in a process; and alone.
import { join } from 'node:path'
import {
  lifecyclePort,
  provide,
  provided,
  reporterPort,
  whenProvided,
  type Lifecycle
} from '@seaworthy/contract'
import { rawSocket, startNode, until, type RunningProcess } from '@seaworthy/testing'
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { shutdown, type ShutdownOptions } from '../src/index.ts'
import { line } from './support/service.ts'

/** Starts a process of real apps. */
async function startApps(t: Test, options: ShutdownOptions, env: Record<string, string>) {
  const running = startNode(t, join(import.meta.dirname, 'fixtures/other-plugins.ts'), {
    env: { NODE_ENV: '', OPTIONS: JSON.stringify(options), ...env }
  })
  const [, text = ''] = await running.waitFor(/^port ([\d ]+)/m)
  return { running, ports: text.split(' ').map(Number) }
}

const messages = (running: RunningProcess) => running.logs().map(({ msg }) => String(msg))

for (const order of ['before', 'after'] as const) {
  t.test(`a plugin registered ${order} it gets onDrain, then onShutdown, then onFlush`, async (t) => {
    const happened: string[] = []
    const otherPlugin: FastifyPluginAsync = fp(async (fastify) => {
      provide(fastify, reporterPort, {
        report: () => undefined,
        flush: async () => void happened.push('reporter flushed')
      })
      whenProvided(fastify, lifecyclePort, (lifecycle) => {
        lifecycle.onDrain((reason) => happened.push(`draining for ${reason}, ${lifecycle.state}`))
        lifecycle.onShutdown('first', () => happened.push(`first closed, ${lifecycle.state}`))
        lifecycle.onShutdown('second', async () => void happened.push('second closed'))
        lifecycle.onFlush('spans', () => happened.push('spans flushed'))
      })
    })
    const app = Fastify()
    if (order === 'before') await app.register(otherPlugin)
    await app.register(shutdown, { exit: false, drainDelay: 0 })
    if (order === 'after') await app.register(otherPlugin)
    await app.listen({ port: 0, host: '127.0.0.1' })

    t.equal(provided<Lifecycle>(app, lifecyclePort), app.shutdown)
    t.equal(await app.shutdown.begin('a test'), 0)
    t.strictSame(happened.slice(0, 3), [
      'draining for a test, draining',
      'second closed',
      'first closed, closing'
    ])
    t.strictSame(happened.slice(3).toSorted(), ['reporter flushed', 'spans flushed'])
    t.equal(app.shutdown.state, 'closed')
  })

  const ORDER = order === 'before' ? 'tracker,shutdown' : 'shutdown,tracker'
  t.test(`a fatal error reaches the reporter registered ${order} it, which is flushed`, async (t) => {
    const { running, ports } = await startApps(
      t,
      { fatal: { timeout: 20_000 }, flushTimeout: 2000 },
      { ORDER, FLUSH: '300' }
    )
    const client = await rawSocket(t, ports[0]!, 'GET /throw HTTP/1.1\r\nhost: a\r\n\r\n')
    t.equal((await running.exit).code, 1)
    t.match(client.received(), /answered/)
    t.match(line(running, /^reported$/), {
      source: 'uncaughtException',
      message: 'Error: a test error'
    })
    t.match(line(running, /^flushing$/), { timeout: 2000 })
    const order = messages(running).filter((message) => /^(reported|closed|flushed)$/.test(message))
    t.strictSame(order, ['reported', 'closed', 'flushed'])
  })

  t.test(
    `with health registered ${order} it, readiness fails at once and liveness passes to the end`,
    async (t) => {
      const ORDER = order === 'before' ? 'health,shutdown' : 'shutdown,health'
      const { running, ports } = await startApps(t, { drainDelay: { min: 1500, max: 15_000 } }, { ORDER })
      const url = `http://127.0.0.1:${ports[0]}`
      const status = async (path: string) => (await fetch(url + path)).status
      await until('readiness', async () => (await status('/health/ready')) === 200)
      running.kill()
      await running.waitFor(/shutdown: draining/)

      t.strictSame(
        await Promise.all(['/health/ready', '/health/live', '/'].map(status)),
        [503, 200, 200],
        'not ready, alive, serving'
      )
      // Both probes are requested until the port no longer accepts connections.
      const seen = { live: new Set<number>(), ready: new Set<number>() }
      await until('the end of the drain', async () => {
        try {
          seen.ready.add(await status('/health/ready'))
          seen.live.add(await status('/health/live'))
          return false
        } catch {
          return true
        }
      })
      t.strictSame([...seen.live], [200], 'liveness')
      t.strictSame([...seen.ready], [503], 'readiness')
      t.equal((await running.exit).code, 0)
    }
  )
}

t.test('a stalled check neither delays the drain nor keeps readiness from failing', async (t) => {
  const options = { drainDelay: { min: 1500, max: 15_000 } }
  const { running, ports } = await startApps(t, options, { ORDER: 'health,shutdown', STALLED: 'yes' })
  running.kill()
  await running.waitFor(/shutdown: draining/)
  const ready = await fetch(`http://127.0.0.1:${ports[0]}/health/ready`)
  t.equal(ready.status, 503)
  const live = await fetch(`http://127.0.0.1:${ports[0]}/health/live`)
  t.equal(live.status, 200)
  t.equal((await running.exit).code, 0)
})

t.test('a reporter that does not flush is left after flushTimeout', async (t) => {
  const env = { ORDER: 'tracker,shutdown', FLUSH: 'never' }
  const { running } = await startApps(t, { drainDelay: 0, flushTimeout: 200 }, env)
  running.kill()
  t.equal((await running.exit).code, 1)
  t.match(line(running, /"reporter" did not close/), { err: { message: 'took longer than 200 ms' } })
})

t.test('one signal shuts down two apps of a process, each with its requests and resources', async (t) => {
  const { running, ports } = await startApps(t, { drainDelay: 0 }, { APPS: '2' })
  const clients = await Promise.all(
    ports.map((port) => rawSocket(t, port, 'GET /slow HTTP/1.1\r\nhost: a\r\n\r\n'))
  )
  await Promise.all(ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/`)).text()))
  running.kill()
  t.equal((await running.exit).code, 0)
  t.match(clients[0]?.received(), /connection: close[^]*"app 1"/i)
  t.match(clients[1]?.received(), /connection: close[^]*"app 2"/i)
  for (const message of ['draining', 'closed', 'shutdown: done']) {
    const apps = running.logs().flatMap(({ msg, app }) => (msg === message ? [String(app)] : []))
    t.strictSame(apps.toSorted(), ['app 1', 'app 2'], message)
  }
})

t.test('the process exits with 1 when one of two apps fails to close a resource', async (t) => {
  const { running } = await startApps(t, { drainDelay: 0 }, { APPS: '2', FAILS: 'app 1' })
  running.kill()
  t.equal((await running.exit).code, 1)
})

t.test('a fatal error shuts down both apps of a process, and both answer', async (t) => {
  const { running, ports } = await startApps(t, { fatal: { timeout: 20_000 } }, { APPS: '2' })
  const other = await rawSocket(t, ports[1]!, 'GET /slow HTTP/1.1\r\nhost: a\r\n\r\n')
  const listeners = await fetch(`http://127.0.0.1:${ports[0]}/listeners`)
  t.equal(await listeners.text(), '1', 'one listener for both')
  await rawSocket(t, ports[0]!, 'GET /throw HTTP/1.1\r\nhost: a\r\n\r\n')
  t.equal((await running.exit).code, 1)
  t.match(other.received(), /"app 2"/)
})

t.test('a signal does not reach an app that was closed before', async (t) => {
  const { running, ports } = await startApps(t, { drainDelay: 0 }, { APPS: '2' })
  await (await fetch(`http://127.0.0.1:${ports[0]}/close-other`)).text()
  running.kill()
  t.equal((await running.exit).code, 0)
  const drained = running.logs().filter(({ msg, reason }) => msg === 'draining' && reason === 'SIGTERM')
  t.strictSame(
    drained.map(({ app }) => app),
    ['app 1']
  )
})

t.test('it works alone, and removes its listeners from the process', async (t) => {
  const before = ['SIGTERM', 'SIGINT', 'uncaughtException', 'unhandledRejection'].map((name) =>
    process.listenerCount(name)
  )
  const app = Fastify()
  await app.register(shutdown)
  app.get('/', () => 'served')
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.equal(process.listenerCount('SIGTERM'), before[0]! + 1)
  t.equal((await app.inject('/')).body, 'served')
  await app.close()
  const after = ['SIGTERM', 'SIGINT', 'uncaughtException', 'unhandledRejection'].map((name) =>
    process.listenerCount(name)
  )
  t.strictSame(after, before)
})

t.test('a decorator of the app that has a name of the plugin is named with the way out', async (t) => {
  const collisions: [name: string, collide: (app: FastifyInstance) => unknown][] = [
    ['shutdown', (app) => app.decorate('shutdown', {} as never)],
    ['shutdown', (app) => app.register(shutdown)]
  ]
  for (const [name, collide] of collisions) {
    const app = Fastify()
    t.teardown(() => app.close())
    await collide(app)
    await t.rejects(async () => app.register(shutdown), {
      message: new RegExp(
        `has the decorator "${name}", which @seaworthy/shutdown needs; rename the other one`
      ),
      code: 'FST_ERR_DEC_ALREADY_PRESENT'
    })
  }
})
