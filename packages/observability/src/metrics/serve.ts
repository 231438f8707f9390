import type { FastifyInstance } from 'fastify'
import { noteOperationalRoute } from '@seaworthy/contract'
import type { Connections } from '../connections.ts'
import type { ManagementServer } from '../management/listener.ts'
import type { ResolvedMetrics } from '../options-metrics.ts'
import { WorkerGroup } from '../workers/worker-group.ts'
import { OtlpPush } from './otlp-push.ts'
import { metricsRoute } from './route.ts'
import { buildOf, connectionGauges, defaultMetrics, type MetricsSetup } from './setup.ts'

/** Offers the numbers for scrapes: on the management listener or the app, of this process or of its group. */
export function serveMetrics(
  fastify: FastifyInstance,
  options: ResolvedMetrics,
  { metrics, exposition }: MetricsSetup,
  connections: Connections,
  management: ManagementServer | undefined
): void {
  const around = { scrapes: 0 }
  // On the management listener a scrape is not one of the app's requests.
  connectionGauges(metrics, connections, () => (management === undefined ? around.scrapes : 0))
  defaultMetrics(options)
  const group =
    options.workers === undefined ? undefined : new WorkerGroup(exposition, fastify.log, options.workers)
  const source = group ?? exposition
  const taken = management === undefined && fastify.hasRoute({ method: 'GET', url: options.path })
  if (taken)
    fastify.log.warn(
      `observability: the app has its own ${options.path}, which stays: no metrics route was added`
    )
  else if (management === undefined) {
    noteOperationalRoute(fastify, options.path)
    fastify.route(metricsRoute(options.path, source, options.guard, around))
  } else management.route(metricsRoute(options.path, source, undefined, around))

  const push = options.otlp && new OtlpPush(options.otlp, buildOf(options), exposition, fastify.log)

  let detach = () => {}
  fastify.addHook('onReady', async () => {
    detach = exposition.attach()
    await group?.start()
    push?.start()
  })
  fastify.addHook('onClose', async () => {
    await Promise.all([group?.close(), push?.close()])
    detach()
  })
}
