import type { FastifyInstance } from 'fastify'
import type { ManagementServer } from '../management/listener.ts'
import { buildOf } from '../metrics/build-info.ts'
import type { ResolvedMetrics } from '../metrics/options.ts'
import { OtlpPush } from '../metrics/otlp-push.ts'
import {
  connectionGauges,
  defaultMetrics,
  type ConnectionCounts,
  type MetricsSetup
} from '../metrics/setup.ts'
import { WorkerGroup } from '../workers/worker-group.ts'
import { metricsRoute } from './route.ts'

/** Exposes the metrics of this process or of its group: on the management listener or on the app, and by OTLP. */
export function serveMetrics(
  fastify: FastifyInstance,
  options: ResolvedMetrics,
  { metrics, exposition }: MetricsSetup,
  connections: ConnectionCounts,
  management: ManagementServer | undefined
): void {
  const counts = { scrapes: 0 }
  // On the management listener a scrape is not a request of the app.
  connectionGauges(metrics, connections, () => (management === undefined ? counts.scrapes : 0))
  defaultMetrics(options)
  const group =
    options.workers === undefined ? undefined : new WorkerGroup(exposition, fastify.log, options.workers)
  const source = group ?? exposition
  if (management !== undefined) {
    management.route(metricsRoute(options.path, source, undefined, counts))
  } else if (fastify.hasRoute({ method: 'GET', url: options.path })) {
    fastify.log.warn(
      `observability: the app has a route ${options.path}; keeping it, so there is no metrics route; set metrics.path or management`
    )
  } else fastify.route(metricsRoute(options.path, source, options.guard, counts))

  const push = options.otlp && new OtlpPush(options.otlp, buildOf(options.buildInfo), exposition, fastify.log)

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
