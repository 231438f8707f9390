// Behind a real load balancer without retries: no request fails during a rolling restart of all instances.
import { requires, until } from '@seaworthy/testing'
import { haproxy, lastingPort } from './support/haproxy.ts'
import { everyClient } from './support/load.ts'
import { service } from './support/service.ts'

/** HAProxy checks readiness every 100 ms: the delay is long enough for two checks that fail. */
const options = { drainDelay: { min: 1500, max: 15_000 }, timeout: 20_000 }

requires(
  ['haproxy', 'wrk'],
  'a rolling restart of two instances behind HAProxy loses no request of wrk, undici and axios',
  async (t) => {
    const ports = { one: await lastingPort(), two: await lastingPort() }
    const boot = (port: number) => service(t, options, { PORT: String(port) })
    const running = { one: await boot(ports.one), two: await boot(ports.two) }
    const balancer = await haproxy(t, ports)
    for (const name of ['one', 'two'] as const) await balancer.is(name, 'UP')

    const clients = everyClient(t, balancer.port)
    const served = async (name: string) => Number((await balancer.counters(name)).hrsp_2xx)
    const busy = async (name: string) => {
      const before = await served(name)
      await until(`${name} to be busy`, async () => (await served(name)) > before + 500, 60_000)
    }

    for (const name of ['one', 'two'] as const) {
      await busy(name)
      running[name].kill()
      t.equal((await running[name].exit).code, 0, `${name} exits with 0`)
      await balancer.is(name, 'DOWN')
      running[name] = await boot(ports[name])
      await balancer.is(name, 'UP')
    }
    await busy('two')

    await clients.stop()
    const none = { econ: '0', eresp: '0', wretr: '0', wredis: '0', hrsp_4xx: '0', hrsp_5xx: '0' }
    t.match(await balancer.counters('BACKEND'), none, 'HAProxy counts no error and no retry')
  }
)
