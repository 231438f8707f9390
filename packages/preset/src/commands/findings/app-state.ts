import type { Deployment } from './deployment.ts'
import type { Finding } from './finding.ts'
import type { ReviewedApp } from './reviewed-app.ts'

interface Row {
  method: string
  url: string
  access: string
}

/** The findings of a review: who may use the app, and what it keeps where. */
export function stateFindings(app: ReviewedApp, deployment: Deployment): Finding[] {
  return [
    ...unguardedRoutes(app),
    ...missingSchemas(app),
    ...(app.review?.publicMetrics ? publicMetrics : []),
    ...(app.review?.secretProblems ?? []).map(secretFinding),
    ...deployment.committed.map(({ name, file }) => ({
      check: 'secrets',
      problem: `the value of ${name} is in ${file}, for all who can read the repository`,
      line: `${name}_FILE=/run/secrets/${name.toLowerCase()}, with a new value`
    })),
    ...memoryOnly(app, deployment),
    ...untrustedProxy(app, deployment),
    ...shortGrace(app, deployment)
  ]
}

function unguardedRoutes({ matrix, review }: ReviewedApp): Finding[] {
  if (!review?.hasCredentials) return []
  const rows = (matrix?.rows ?? []) as Row[]
  const open = rows
    .filter(({ access, method }) => access === 'unmarked' && method !== 'HEAD' && method !== 'OPTIONS')
    .map(({ method, url }) => `${method} ${url}`)
  if (open.length === 0) return []
  return [
    {
      check: 'unguarded-routes',
      problem: `no access rule, so that every client may use them: ${open.join(', ')}`,
      line: 'config: { auth: true } on each, or config: { auth: false } where it is public'
    }
  ]
}

function missingSchemas({ boundaries = [], review }: ReviewedApp): Finding[] {
  if (review?.ignoresSchemas) return []
  const open = boundaries
    .filter(({ method }) => method !== 'HEAD')
    .map(({ method, url, missing }) => `${method} ${url} (${missing.join(', ')})`)
  if (open.length === 0) return []
  return [
    {
      check: 'missing-schemas',
      problem: `input without a schema: ${open.join(', ')}`,
      line: "schema: { body: { type: 'object', required: […], properties: { … }, additionalProperties: false } }"
    }
  ]
}

const publicMetrics: readonly Finding[] = [
  {
    check: 'public-metrics',
    problem: "metrics are on the app's port, and every client can read the names of the routes",
    line: 'MANAGEMENT_PORT=9464, or METRICS_TOKEN with the output of: openssl rand -base64 32'
  }
]

const secretFinding = (problem: string): Finding => ({
  check: 'secrets',
  problem,
  line: `${/"([^"]+)"/.exec(problem)?.[1] ?? 'SECRET'} = $(openssl rand -base64 32)`
})

function memoryOnly({ review }: ReviewedApp, { processes }: Deployment): Finding[] {
  const kept = review?.memoryOnly ?? []
  if (kept.length === 0 || processes === undefined) return []
  return [
    {
      check: 'memory-only-state',
      problem: `${processes}, and each process has its own ${kept.join(' and ')}`,
      line: 'REDIS_URL=rediss://user:password@host:6379/0, or the option redis: { host }'
    }
  ]
}

function untrustedProxy({ review }: ReviewedApp, { proxy }: Deployment): Finding[] {
  if (review === undefined || review.trustsProxies || proxy === undefined) return []
  return [
    {
      check: 'trust-proxy',
      problem: `${proxy} puts a proxy in front, none is trusted, and all clients share one limit and one address in the log`,
      line: 'TRUST_PROXY=uniquelocal, or the addresses of the proxies'
    }
  ]
}

function shortGrace({ budget }: ReviewedApp, { grace }: Deployment): Finding[] {
  return budget === undefined
    ? []
    : grace
        .filter(({ milliseconds }) => milliseconds <= budget)
        .map(({ milliseconds, setting, file, line }) => ({
          check: 'grace-period',
          problem: `the shutdown may take ${budget} ms, and ${setting} in ${file} kills it after ${milliseconds} ms`,
          line: `${line(Math.ceil((budget + 5000) / 1000))} in ${file}`
        }))
}
