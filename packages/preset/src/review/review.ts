import { isSecret, reveal } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { environmentSchema } from '../environment/schema.ts'
import { hasPublicMetrics } from '../parts/public-metrics.ts'
import { partOptions, type SeaworthyOptions } from '../parts/options.ts'
import type { PartReport } from '../parts/report.ts'
import { secretProblems, type NamedSecret } from './secret-problems.ts'

/** The state of an app that a reviewer would ask for. No member has the value of a secret. */
export interface Review {
  publicMetrics: boolean
  /** Whether routes can be guarded: tokens, sessions or API keys are on. */
  hasCredentials: boolean
  /** The state that each process keeps for itself. */
  memoryOnly: string[]
  trustsProxies: boolean
  /** Whether the app has decided to leave out schemas. */
  ignoresSchemas: boolean
  secretProblems: string[]
}

const key = Symbol.for('seaworthy.review.v1')

/** Lets `doctor`, which may load another copy of this package, review the app. Nothing runs before. */
export function offerReview(
  fastify: FastifyInstance,
  options: SeaworthyOptions,
  reports: readonly PartReport[]
): void {
  fastify.decorate<unknown>(key, () => review(options, reports))
}

/** The review of an app. `undefined` without the preset. */
export const reviewOf = (fastify: FastifyInstance): Review | undefined =>
  (fastify as { [key]?: () => Review })[key]?.()

function review(options: SeaworthyOptions, reports: readonly PartReport[]): Review {
  const isOn = (part: string) => reports.some((entry) => entry.part === part && entry.state === 'on')
  const isLeftOut = (part: string) => reports.some((entry) => entry.part === part)
  const { jwt, session, apiKeys, redis } = partOptions(options.auth)
  const { rateLimit, trustProxy, validation } = partOptions(options.security)
  const issuesTokens = jwt !== undefined && jwt !== false && (jwt.secret ?? jwt.key) !== undefined
  const hasSessions = session !== undefined && session !== false
  const hasLogins = isOn('auth') && (issuesTokens || hasSessions) && (redis ?? options.redis) === undefined
  const limitStore = partOptions(rateLimit === undefined ? true : rateLimit) as {
    redis?: unknown
    store?: unknown
  }
  const countsAlone =
    isOn('security') &&
    rateLimit !== false &&
    !isLeftOut('security.rateLimit') &&
    (limitStore.redis ?? limitStore.store ?? options.redis) === undefined
  return {
    publicMetrics: hasPublicMetrics(options, reports),
    hasCredentials: isOn('auth') && ((jwt ?? false) !== false || hasSessions || (apiKeys ?? false) !== false),
    memoryOnly: [...(countsAlone ? ['rate limits'] : []), ...(hasLogins ? ['logins and revocations'] : [])],
    ignoresSchemas: partOptions(validation).onMissingSchema === 'ignore',
    trustsProxies: Array.isArray(trustProxy) && trustProxy.length > 0,
    secretProblems: secretProblems(secretsOf(options))
  }
}

/** The secrets of the options, with their names. Those of `fromEnv` that are the app's own have the variable's. */
function secretsOf(options: SeaworthyOptions): NamedSecret[] {
  const { jwt, session } = partOptions(options.auth)
  const { management, metrics } = partOptions(options.observability)
  const places: [string, unknown][] = [
    ['auth.jwt.secret', (jwt || {}).secret],
    ['auth.session.key', (session || {}).key],
    ['auth.session.secret', (session || {}).secret],
    ['observability.management.token', (management || {}).token],
    ['observability.metrics.token', (metrics || {}).token],
    ['redis.password', (options.redis as { password?: unknown } | undefined)?.password]
  ]
  const { env } = options as { env?: Record<string, unknown> }
  const appSecrets = Object.entries(env ?? {}).filter(
    ([name, value]) => isSecret(value) && !Object.hasOwn(environmentSchema.properties, name)
  )
  return [...places, ...appSecrets].flatMap(([name, value]) =>
    [value]
      .flat()
      .flatMap((entry: unknown) =>
        typeof entry === 'string' || isSecret(entry) ? [{ name, text: reveal(entry) }] : []
      )
  )
}
