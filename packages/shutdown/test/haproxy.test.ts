// Behind a real balancer that never tries again: a rolling restart of everything behind it goes unnoticed.
import { commandPath, requires, start, until } from '@seaworthy/testing'
import { haproxy, lastingPort } from './support/haproxy.ts'
import { service } from './support/service.ts'

/** Readiness is asked every 100 ms: the delay is long enough for two answers that say no. */
const options = { drainDelay: { min: 1500, max: 15_000 }, timeout: 20_000 }

requires(['haproxy', 'wrk'], 'a rolling restart of two instances behind HAProxy under wrk', async (t) => {
  const ports = { one: await lastingPort(), two: await lastingPort() }
  const boot = (port: number) => service(t, options, { PORT: String(port) })
  const running = { one: await boot(ports.one), two: await boot(ports.two) }
  const balancer = await haproxy(t, ports)
  for (const name of ['one', 'two'] as const) await balancer.is(name, 'UP')

  const url = `http://127.0.0.1:${balancer.port}/`
  // Ends with SIGINT, and then says what it saw.
  const wrk = start(t, commandPath('wrk') ?? 'wrk', ['-t2', '-c40', '-d600s', '--timeout', '30s', url])
  const served = async (name: string) => Number((await balancer.counters(name)).hrsp_2xx)
  const busy = async (name: string) => {
    const before = await served(name)
    await until(`${name} to be busy`, async () => (await served(name)) > before + 500, 60_000)
  }

  for (const name of ['one', 'two'] as const) {
    await busy(name)
    running[name].kill()
    t.equal((await running[name].exit).code, 0, `${name} ends clean`)
    await balancer.is(name, 'DOWN')
    running[name] = await boot(ports[name])
    await balancer.is(name, 'UP')
  }
  await busy('two')

  wrk.kill('SIGINT')
  await wrk.exit
  const said = wrk.output()
  const [, requests] = /(\d+) requests in/.exec(said) ?? []
  t.ok(Number(requests) > 2000, `${requests} requests`)
  t.notMatch(said, /Socket errors|Non-2xx/, 'none failed')
  const none = { econ: '0', eresp: '0', wretr: '0', wredis: '0', hrsp_4xx: '0', hrsp_5xx: '0' }
  t.match(await balancer.counters('BACKEND'), none, 'HAProxy saw no error, and tried nothing twice')
})
