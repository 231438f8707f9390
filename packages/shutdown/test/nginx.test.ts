// Behind a real nginx, which knows no readiness: no request fails during a rolling restart of all instances.
import { requires, until } from '@seaworthy/testing'
import { lastingPort } from './support/haproxy.ts'
import { everyClient } from './support/load.ts'
import { nginx } from './support/nginx.ts'
import { service, type Service } from './support/service.ts'

/** A connection for each request never stops coming: the drain ends at its maximum. */
const options = { drainDelay: { min: 300, max: 2000 }, timeout: 20_000 }

for (const [how, keepalive] of [
  ['with kept connections', true],
  ['with a connection for each request', false]
] as const) {
  requires(
    ['nginx', 'wrk'],
    `a rolling restart behind nginx ${how} loses no request of wrk, undici and axios`,
    async (t) => {
      const ports = [await lastingPort(), await lastingPort()]
      const instances: Service[] = []
      const boot = async (port: number) => {
        const instance = await service(t, options, { PORT: String(port), LOG_ACCEPTED: 'yes' })
        instances.push(instance)
        return instance
      }
      const running = await Promise.all(ports.map(boot))
      const { port } = await nginx(t, ports, { keepalive })
      const clients = everyClient(t, port)
      for (const [index, instance] of running.entries()) {
        await clients.busy()
        instance.kill()
        t.equal((await instance.exit).code, 0)
        await clients.busy()
        const { pid } = await boot(ports[index]!)
        // It skips an instance that refused a connection for ten seconds (`fail_timeout`).
        const serves = async () =>
          (await (await fetch(`http://127.0.0.1:${port}/`)).text()).includes(`${pid}`)
        await until('nginx to route to the new instance', serves, 60_000)
      }
      await clients.busy()
      // A POST on a new connection that an instance has not accepted when its listener closes is not repeated.
      await clients.stop(
        keepalive ? () => instances.map((instance) => instance.output()).join('') : undefined
      )
    }
  )
}
