import type { FastifyInstance } from 'fastify'
import { noteOperationalRoute } from '@seaworthy/contract'
import { safeError } from '../logging/safe-error.ts'
import type { ManagementServer } from '../management/listener.ts'
import type { ResolvedMetrics } from '../metrics/options.ts'
import type { Resource } from '../otlp/resource.ts'
import { collectDefaults } from '../metrics/registry-source.ts'
import { connectionGauges, type ConnectionCounts, type MetricsSetup } from '../metrics/setup.ts'
import type { WorkerGroup } from '../workers/worker-group.ts'
import type { Exposition } from '../metrics/exposition.ts'
import { check } from '../check.ts'
import { metricsRoute } from './route.ts'

/** Exposes the metrics of this process or of its group: on the management listener or on the app, and by OTLP. */
export async function serveMetrics(
  fastify: FastifyInstance,
  options: ResolvedMetrics,
  { metrics, exposition }: MetricsSetup,
  connections: ConnectionCounts,
  management: ManagementServer | undefined,
  resource: Resource
): Promise<void> {
  const counts = { scrapes: 0 }
  // On the management listener a scrape is not a request of the app.
  connectionGauges(metrics, connections, () => (management === undefined ? counts.scrapes : 0))
  if (options.defaultMetrics) options.registry.whenMade(collectDefaults)
  const group =
    options.workers === undefined ? undefined : await workerGroup(exposition, fastify, options.workers)
  const source = group ?? exposition
  if (management !== undefined) {
    management.route(metricsRoute(options.path, source, undefined, counts))
  } else if (fastify.hasRoute({ method: 'GET', url: options.path })) {
    fastify.log.warn(
      `observability: the app has a route ${options.path}; keeping it, so there is no metrics route; set metrics.path or management`
    )
  } else {
    noteOperationalRoute(fastify, options.path)
    fastify.route(metricsRoute(options.path, source, options.guard, counts))
    rejectSecondRoute(fastify, options.path)
  }

  const { log } = fastify
  const push =
    options.otlp &&
    new (await import('../metrics/otlp-push.ts')).OtlpPush(options.otlp, {
      exposition,
      meter: metrics,
      resource,
      log
    })

  let detach = () => {}
  fastify.addHook('onReady', async () => {
    detach = exposition.attach()
    await group?.start()
    push?.start()
  })
  // Its metrics of the process count from here, not from the first scrape; the start does not wait for it.
  let loading: NodeJS.Immediate | undefined
  fastify.addHook('onListen', (done) => {
    loading = setImmediate(() => options.registry.get()).unref()
    done()
  })
  fastify.addHook('onClose', async () => {
    clearImmediate(loading)
    await Promise.all([group?.close(), push?.close()])
    detach()
  })
}

/** Fastify's message about a second route of a path does not say where the first one comes from. */
function rejectSecondRoute(fastify: FastifyInstance, path: string): void {
  fastify.addHook('onRoute', ({ url, method, constraints }) => {
    const isOther = url !== path || Object.keys(constraints ?? {}).length > 0
    if (isOther || ![method].flat().includes('GET')) return
    check.fail(
      'metrics.path',
      `another path than ${path}, because the app adds a route there: set it, or "management" or "metrics: false"`,
      path
    )
  })
}

/** Without a folder that workers can share, each answers scrapes by itself. */
async function workerGroup(
  exposition: Exposition,
  fastify: FastifyInstance,
  name: string
): Promise<WorkerGroup | undefined> {
  const { workersAlone, WorkerGroup } = await import('../workers/worker-group.ts')
  try {
    return new WorkerGroup(exposition, fastify.log, name)
  } catch (error) {
    fastify.log.warn({ err: safeError(error) }, workersAlone)
    return undefined
  }
}
