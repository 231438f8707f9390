import {
  constructorReportPort,
  lifecyclePort,
  managementPort,
  provide,
  provided,
  readinessPort,
  whenProvided,
  type Overridable
} from '@seaworthy/contract'
import { disconnect, invalidOption } from '@seaworthy/internal'
import type { CheckFunction } from '@seaworthy/health'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { checkScope } from './conflicts/child-scope.ts'
import { explainDecoratorConflicts } from './conflicts/explain-decorator-conflicts.ts'
import { rejectGuardsWithoutAuth } from './conflicts/guards-without-auth.ts'
import { handleLaterPlugins } from './conflicts/later-plugins.ts'
import { warnAboutUnreadOptions } from './conflicts/unread-options.ts'
import { constructorOptions, missingInternals } from './internals.ts'
import { load } from './load/load.cjs'
import { requireVersions } from './load/required-versions.ts'
import { reportAdoption, withAdoption } from './adoption/adoption.ts'
import { decide } from './parts/decide.ts'
import { checkOptions, partNames, type SeaworthyOptions } from './parts/options.ts'
import { hasPublicMetrics } from './parts/public-metrics.ts'
import { questionOptions } from './parts/question-options.ts'
import { offerReview } from './review/review.ts'
import { redactOptions } from './parts/redact-options.ts'
import { summarize, type PartReport, type Report, type Seaworthy } from './parts/report.ts'
import { withTrial } from './adoption/trial.ts'
import { fileSecrets, watchSecrets } from './secrets/watch-secrets.ts'
import type { SharedRedis } from './redis/shared-redis.ts'
import { withRedis } from './redis/with-redis.ts'
import { serviceNameOf, withServiceName } from './redis/with-service-name.ts'
import { missingServerOptions } from './server-options/missing.ts'
import { rejectRegisterAlone } from './server-options/register-alone.ts'
import { exportExpiryOfApp, watchCertificate } from './tls/watch-certificate.ts'
import { partSettings } from './server-options/server-options.ts'

interface SeaworthyDecorators {
  /** The state of the preset. */
  seaworthy: Overridable<this, Seaworthy>
}

declare module 'fastify' {
  interface FastifyInstance extends SeaworthyDecorators {}
}

const cookiePlugin = '@fastify/cookie'

const plugin: FastifyPluginAsync<SeaworthyOptions> = async (fastify, appOptions) => {
  if (typeof (fastify as Partial<FastifyInstance> | undefined)?.register !== 'function')
    throw invalidOption(
      'seaworthy: it was called with options; register it: app.register(seaworthy, options)'
    )
  if (fastify.hasDecorator('seaworthy'))
    throw new Error('seaworthy: it is registered already, or the app has a decorator "seaworthy" of its own')
  requireVersions(fastify.version)
  checkOptions(appOptions)
  const options = withAdoption(withTrial(appOptions))
  const expected = partSettings(options)
  const ofSecurity = () => partSettings({ observability: false, errors: false, shutdown: false })
  rejectRegisterAlone(fastify, options, expected, ofSecurity)
  const redis =
    options.redis && (await import('./redis/shared-redis.ts')).shareRedis(options.redis, fastify.log)
  const password = redis?.password === undefined ? [] : [redis.password]
  watchSecrets(fastify, [...fileSecrets(options), ...password])
  if (expected.https !== undefined && options.tls !== undefined)
    watchCertificate(fastify, options.tls, expected.https)
  else exportExpiryOfApp(fastify)
  // Made at once, so that it knows the first error of the connection.
  const redisCheck = redis && options.health !== false ? load.health().redisCheck(redis.client) : undefined

  provide(fastify, constructorReportPort, true)
  const hadCookies = fastify.hasPlugin(cookiePlugin)
  const reports = await registerParts(fastify, options, redis)
  if (options.adopt) reportAdoption(fastify, reports)
  if (redis) manageRedis(fastify, redis, redisCheck)
  const report = (): Report =>
    structuredClone({ parts: reports, missing: missingServerOptions(fastify, expected) })
  fastify.decorate('seaworthy', { report })
  offerReview(fastify, options, reports)
  handleLaterPlugins(fastify, reports, options, fastify.hasPlugin(cookiePlugin) && !hadCookies)
  explainDecoratorConflicts(fastify, reports)
  whenProvided(fastify, managementPort, (management) => {
    management.section('parts', () => report(), { live: false })
    management.section('configuration', () => redactOptions(options), { live: false })
  })
  checkScope(fastify, options)
  rejectGuardsWithoutAuth(fastify, options)
  warnAboutUnreadOptions(fastify, reports)
  fastify.addHook('onReady', (done) => {
    logStart(fastify, report())
    questionOptions(fastify, options)
    if (hasPublicMetrics(options, reports)) warnPublicMetrics(fastify)
    done()
  })
}

/** Registers the parts that are on, in their order. */
async function registerParts(
  fastify: FastifyInstance,
  options: SeaworthyOptions,
  redis: SharedRedis | undefined
): Promise<PartReport[]> {
  const reports: PartReport[] = []
  const name = serviceNameOf(options)
  for (const part of partNames) {
    const decision = decide(fastify, part, options)
    reports.push(...decision.reports)
    if (decision.options === undefined) continue
    const plugins = load[part]() as unknown as Record<string, FastifyPluginAsync>
    const named = withServiceName(part, decision.options, name)
    const partOptions = redis ? withRedis(part, named, redis.client) : named
    // oxlint-disable-next-line no-await-in-loop -- each part may use the decorators of those before
    await fastify.register(plugins[part]!, partOptions)
  }
  return reports
}

/** Checks the shared client in readiness, and closes it after everything that may use it. */
function manageRedis(
  fastify: FastifyInstance,
  { client, isOwned }: SharedRedis,
  check: CheckFunction = () => client.ping()
): void {
  provided(fastify, readinessPort)?.addCheck('redis', check, { critical: false })
  if (!isOwned) return

  const lifecycle = provided(fastify, lifecyclePort)
  const close = () => {
    disconnect(client)
  }
  if (lifecycle) lifecycle.onShutdown('redis', close)
  else
    fastify.addHook('onClose', (_instance, done) => {
      close()
      done()
    })
}

/** Not on a developer's machine, where the port is not public: those rarely set the variable. */
function warnPublicMetrics(fastify: FastifyInstance): void {
  if (/^\s*(?:$|dev|local|test)/i.test(process.env.NODE_ENV ?? '')) return
  fastify.log.warn(
    "seaworthy: metrics are on the app's port, without token or list of addresses; every client can read the names of " +
      'the routes; set METRICS_TOKEN, METRICS_ALLOW or MANAGEMENT_PORT, or "token" or "allow" of ' +
      '"observability.metrics"'
  )
}

function logStart(fastify: FastifyInstance, report: Report): void {
  fastify.log.info(summarize(report))
  if (report.missing.length > 0) warnConstructor(fastify, report.missing)
  const missing = missingInternals(fastify, seaworthy, constructorOptions(fastify)?.https !== undefined)
  if (missing.length > 0)
    fastify.log.warn(
      { missing },
      `seaworthy: private parts are missing: ${missing.join(', ')}; doing without; please report it with your versions`
    )
}

/** One line for all parts. Without a logger, or with a silent one, the process warns. */
function warnConstructor({ log }: FastifyInstance, missing: readonly string[]): void {
  const options = missing.map((text) => text.replace(/; use .*$/, '')).join(', ')
  const warning =
    `seaworthy: constructor options are missing: ${options}; the app runs without them; build it with ` +
    'Fastify(serverOptions()), or with fastify start write export const options = serverOptions() and add --options'
  if (log.info === log.error) process.emitWarning(warning, 'SeaworthyWarning', 'SEAWORTHY_SERVER_OPTIONS')
  else log.warn(warning)
}

/**
 * All parts of a production Fastify service. Each part is `false`, `true` or its options.
 *
 * @example
 * const app = Fastify(serverOptions())
 * await app.register(seaworthy, { auth: false })
 * app.get('/', async () => ({ hello: 'world' }))
 */
export const seaworthy: FastifyPluginAsync<SeaworthyOptions> = fp(plugin, {
  name: 'fastify-seaworthy'
})
