import type { FastifyInstance } from 'fastify'
import { lifecyclePort, whenProvided } from '@seaworthy/contract'
import type { Routes } from '../http/routes.ts'
import type { BuildInfo } from '../metrics/build-info.ts'
import { actionRoutes } from './action-routes.ts'
import { buildDetails, dependencies, timeline } from './details.ts'
import { StatusEvents } from './events.ts'
import { liveStatus } from './live-status.ts'
import { pageRoutes } from './page.ts'
import { Profiler } from './profile.ts'
import { statusRoutes } from './status-routes.ts'
import type { Details, LiveStatus } from './types.ts'
import { WorkerSource, type WorkerParts } from './worker-source.ts'
import { Workers } from './workers.ts'

export interface ConsoleParts extends WorkerParts {
  routes: Routes
  workers: string | undefined
  buildInfo: BuildInfo
}

/** The page for operators, its JSON and its actions. */
export function serveConsole(
  fastify: FastifyInstance,
  parts: ConsoleParts
): { start(): Promise<void>; loaded(): Promise<void>; stop(): Promise<void> } {
  const { management, routes, buildInfo } = parts
  const profiler = new Profiler()
  let source: WorkerSource
  const snapshot = () => source.snapshot()
  const functions = {
    snapshot,
    profile: async (request: Parameters<Profiler['record']>[0]) => profiler.record(request)
  }
  const workers = new Workers(management, functions, fastify.log, parts.workers)
  let thresholds: Map<string, number> | undefined

  const build = buildDetails(fastify, buildInfo)
  const slowAfter = (method: string, route: string) => {
    thresholds ??= new Map(
      routes.counted.map(({ method, url, slowThreshold }) => [`${method} ${url}`, slowThreshold])
    )
    const threshold = thresholds.get(`${method} ${route}`)
    return threshold === Infinity ? undefined : threshold
  }
  const read = async (scope: 'all' | number): Promise<LiveStatus> => {
    const { snapshots: all, unreachable } = await workers.snapshots()
    const chosen = scope === 'all' ? all : all.filter(({ pid }) => pid === scope)
    // The worker of the switch has ended: the page shows all again.
    const isGone = chosen.length === 0
    const { name, version, commit, node } = build
    return liveStatus({
      service: { name, version, commit, node },
      snapshots: isGone ? all : chosen,
      all,
      unreachable,
      scope: isGone ? 'all' : scope,
      slowAfter
    })
  }

  const fixed = cached(() => ({
    routes: routes.counted.map(({ method, url }) => ({ method, route: url })),
    build,
    dependencies: dependencies(),
    timeline: timeline(fastify)
  }))
  const details = (): Details => {
    const sections = management.snapshots({ live: false })
    return {
      ...fixed(),
      actions: management.options.readOnly ? [] : management.actionNames,
      access: sections.access as Details['access'],
      parts: sections.parts as Details['parts'],
      configuration: sections.configuration
    }
  }

  const events = new StatusEvents(read)
  statusRoutes(management, { read, details, events, build })
  actionRoutes(management, workers)
  pageRoutes(management)
  whenProvided(fastify, lifecyclePort, ({ begin }) => {
    if (!management.options.allowShutdown || begin === undefined) return
    management.route({
      method: 'POST',
      url: '/shutdown',
      handler: async (_request, reply) => {
        // The answer leaves first.
        setImmediate(() => void begin('an operator'))
        return reply.code(202).send({ state: 'draining' })
      }
    })
  })

  return {
    async start() {
      source = new WorkerSource(parts)
      source.start()
      await workers.listen()
    },
    loaded: async () => workers.adopt(),
    async stop() {
      events.stop()
      profiler.stop()
      source?.stop()
      await workers.close()
    }
  }
}

function cached<T>(compute: () => T): () => T {
  let value: { of: T } | undefined
  return () => (value ??= { of: compute() }).of
}
