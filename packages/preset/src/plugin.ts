import {
  lifecyclePort,
  managementPort,
  provided,
  readinessPort,
  whenProvided,
  type Overridable
} from '@seaworthy/contract'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { decide } from './parts/decide.ts'
import { explainDecoratorConflicts } from './conflicts/explain-decorator-conflicts.ts'
import { rejectDuplicatePlugins } from './conflicts/reject-duplicate-plugins.ts'
import { load } from './load/load.cjs'
import { missingServerOptions } from './server-options/missing.ts'
import { requireVersions } from './load/required-versions.ts'
import { checkOptions, partNames, type SeaworthyOptions } from './parts/options.ts'
import { redactOptions } from './parts/redact-options.ts'
import { shareRedis, type SharedRedis } from './redis/shared-redis.ts'
import { summarize, type PartReport, type Report } from './parts/report.ts'
import { partSettings } from './server-options/server-options.ts'
import { withRedis } from './redis/with-redis.ts'

/** What `app.seaworthy` is. */
export interface Seaworthy {
  /** What is on, off and backed off, each with its reason, and what the constructor lacks. */
  report(): Report
}

interface SeaworthyDecorators {
  /** What the preset did. */
  seaworthy: Overridable<this, Seaworthy>
}

declare module 'fastify' {
  interface FastifyInstance extends SeaworthyDecorators {}
}

const cookies = '@fastify/cookie'

const plugin: FastifyPluginAsync<SeaworthyOptions> = async (fastify, options) => {
  requireVersions(fastify.version)
  checkOptions(options)
  const reports: PartReport[] = []
  const redis =
    options.redis && shareRedis(options.redis, (error) => fastify.log.debug({ err: error }, 'redis'))

  const hadCookies = fastify.hasPlugin(cookies)
  for (const part of partNames) {
    const { reports: said, options: own } = decide(fastify, part, options)
    reports.push(...said)
    if (own === undefined) continue
    // oxlint-disable-next-line no-await-in-loop -- each part may build on what the ones before have decorated
    await fastify.register(
      (load[part]() as unknown as Record<string, FastifyPluginAsync>)[part]!,
      redis ? withRedis(part, own, redis.client) : own
    )
  }

  if (redis) keep(fastify, redis)
  const expected = partSettings(options)
  const report = (): Report =>
    structuredClone({ parts: reports, missing: missingServerOptions(fastify, expected) })
  fastify.decorate('seaworthy', { report })
  rejectDuplicatePlugins(fastify, reports, fastify.hasPlugin(cookies) && !hadCookies)
  explainDecoratorConflicts(fastify, reports)
  whenProvided(fastify, managementPort, (management) => {
    management.section('parts', () => report())
    management.section('configuration', () => redactOptions(options))
  })
  fastify.addHook('onReady', (done) => {
    fastify.log.info(summarize(report()))
    done()
  })
}

/** Watches the shared client in readiness and closes it after everything that may use it. */
function keep(fastify: FastifyInstance, { client, owned }: SharedRedis): void {
  provided(fastify, readinessPort)?.addCheck('redis', () => client.ping(), { critical: false })
  if (!owned) return

  const lifecycle = provided(fastify, lifecyclePort)
  const close = () => {
    client.disconnect()
  }
  if (lifecycle) lifecycle.onShutdown('redis', close)
  else
    fastify.addHook('onClose', (_instance, done) => {
      close()
      done()
    })
}

/** Everything a production Fastify service needs, each part `false`, `true` or its options. */
export const seaworthy: FastifyPluginAsync<SeaworthyOptions> = fp(plugin, {
  name: 'fastify-seaworthy'
})
