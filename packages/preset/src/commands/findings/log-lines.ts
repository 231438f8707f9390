import type { Finding } from './finding.ts'
import type { ReviewedApp } from './reviewed-app.ts'

/** Lines about what a review of the app finds too, with the fix of that finding. */
const reviewedLines: readonly [pattern: RegExp, check: string, line: string][] = [
  [
    /^security: \d+ routes? takes? input without a schema/,
    'missing-schemas',
    "schema: { body: { type: 'object', required: […], properties: { … }, additionalProperties: false } }"
  ],
  [
    /^seaworthy: metrics are on the app's port/,
    'public-metrics',
    'MANAGEMENT_PORT=9464, or METRICS_TOKEN with the output of: openssl rand -base64 32'
  ],
  [
    /^auth: "defaultDeny" would stop the start/,
    'unguarded-routes',
    'config: { auth: true } on each, or config: { auth: false } where it is public'
  ],
  [
    /^auth: this process is one of several workers/,
    'memory-only-state',
    'REDIS_URL=rediss://user:password@host:6379/0'
  ],
  [
    /^security: .* has a proxy in front of this service/,
    'trust-proxy',
    'TRUST_PROXY=uniquelocal, or the addresses of the proxies'
  ],
  [
    /^security: X-Forwarded-\* headers are trusted from every peer/,
    'trust-proxy',
    'TRUST_PROXY=uniquelocal, or the addresses of the proxies'
  ],
  [
    /^shutdown: may take \d+ ms, but/,
    'grace-period',
    'GRACE_PERIOD with the milliseconds of the platform, or a shorter SHUTDOWN_TIMEOUT'
  ]
]

/** Omits the warnings of parts about constructor options: the report has them for all parts. */
export function logFindings(warnings: readonly string[], app: ReviewedApp | undefined): Finding[] {
  const isReported = (app?.report?.missing.length ?? 0) > 0
  const others = warnings.filter(
    (text) =>
      !text.startsWith('seaworthy: the app is being adopted') &&
      (!isReported || !/\w+ServerOptions\(|^seaworthy: constructor options are missing/.test(text))
  )
  return others.map((text) => {
    const problem = `the log warns: ${text}`
    const [, check, line] = reviewedLines.find(([pattern]) => pattern.test(text)) ?? []
    return { check: check ?? 'log', problem, line: line ?? remedyIn(text) }
  })
}

/** The part of a message that says what to do: the last one. */
export function remedyIn(message: string): string {
  // A colon in braces belongs to a line of code.
  const parts = message.split(/; |: (?=[^{}]*$)|\. /).filter((part) => part.trim() !== '')
  return parts.length > 1 ? parts.at(-1)!.replace(/\.$/, '') : 'the code that the message names'
}
