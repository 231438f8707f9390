import type { FastifyInstance } from 'fastify'
import { constructorOptions } from '../internals.ts'
import type { SeaworthyOptions } from './options.ts'
import type { PartReport } from './report.ts'

/** Times in milliseconds that are often written in seconds. */
const times = [
  'shutdown.timeout',
  'shutdown.gracePeriod',
  'shutdown.drainDelay',
  'security.requestTimeout',
  'security.rateLimit.timeWindow',
  'observability.logging.slowThreshold'
]

/** Milliseconds below which such a time makes little sense, and seconds that are usual. */
const longestLikelySeconds = 120

/** Warns of options that are possible, and probably meant otherwise. */
export function questionOptions(
  fastify: FastifyInstance,
  options: SeaworthyOptions,
  reports: readonly PartReport[]
): void {
  for (const path of times) {
    const value = path
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], options)
    if (typeof value === 'number' && value > 0 && value <= longestLikelySeconds)
      fastify.log.warn(
        `seaworthy: "${path}" is ${value} milliseconds; if seconds are meant, write ${value * 1000}`
      )
  }
  const isLimited =
    reports.some(({ part, state }) => part === 'security' && state === 'on') &&
    !reports.some(({ part, state }) => part === 'security.rateLimit' && state !== 'on')
  const platform = isLimited ? platformOf(process.env) : undefined
  if (platform === undefined || constructorOptions(fastify)?.trustProxy !== false) return
  fastify.log.warn(
    `seaworthy: on ${platform} requests come through proxies, and none is trusted, so all clients share one rate limit; ` +
      'set TRUST_PROXY, or "trustProxy" of "security", to the addresses of the proxies'
  )
}

const platforms: Readonly<Record<string, string>> = {
  KUBERNETES_SERVICE_HOST: 'Kubernetes',
  K_SERVICE: 'Cloud Run',
  FLY_APP_NAME: 'Fly',
  RENDER: 'Render',
  DYNO: 'Heroku',
  ECS_CONTAINER_METADATA_URI_V4: 'ECS'
}

/** The platform that runs the process, by the variables that it sets. */
const platformOf = (env: NodeJS.ProcessEnv): string | undefined =>
  Object.entries(platforms).find(([name]) => env[name])?.[1]
