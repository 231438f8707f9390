import { isObject } from '@seaworthy/internal'
import type { Finding, LiveStatus, State, Verdict } from './types.ts'

type Facts = Omit<LiveStatus, 'verdict'>

const order = { bad: 0, warn: 1, note: 2 }
const titles: Record<State, string> = {
  well: 'All is well',
  degraded: 'Degraded',
  outage: 'Not serving',
  starting: 'Starting',
  maintenance: 'In maintenance',
  draining: 'Shutting down'
}

/** Share of failed requests from which on a service is degraded or out, with enough requests to mean something. */
const degradedShare = 0.01
const outageShare = 0.5
const minFailed = 5

/** Whether the service is well, and why not, worst first. */
export function verdictOf(facts: Facts): Verdict {
  const findings = [
    ...readinessFindings(facts),
    ...checkFindings(facts),
    ...trafficFindings(facts),
    ...breakerFindings(facts),
    ...processFindings(facts),
    ...storeFindings(facts),
    ...notes(facts)
  ].sort((a, b) => order[a.severity] - order[b.severity])
  const state = stateOf(facts, findings)
  return { state, title: titles[state], findings }
}

function stateOf({ readiness }: Facts, findings: readonly Finding[]): State {
  if (readiness?.reason === 'draining') return 'draining'
  if (readiness?.reason === 'maintenance') return 'maintenance'
  if (readiness?.reason === 'starting' || readiness?.reason === 'held') return 'starting'
  if (findings.some(({ severity }) => severity === 'bad')) return 'outage'
  return findings.some(({ severity }) => severity === 'warn') ? 'degraded' : 'well'
}

const finding = (severity: Finding['severity'], section: string, text: string): Finding => ({
  severity,
  section,
  text
})

function readinessFindings({ readiness }: Facts): Finding[] {
  const { reason } = readiness ?? {}
  if (readiness === undefined || reason === undefined) return []
  switch (reason) {
    case 'draining':
      return [
        finding('warn', 'checks', 'The service is draining: it serves what it has and gets no new traffic')
      ]
    case 'maintenance': {
      const why = readiness.maintenance?.reason ?? 'no reason was stated'
      return [finding('warn', 'checks', `Maintenance: ${why}. Readiness answers 503, so no traffic comes`)]
    }
    case 'held':
      return [finding('warn', 'checks', `Held back by ${readiness.held.join(', ')}`)]
    case 'broken':
      return [
        finding('bad', 'checks', 'The app is broken: it gets no traffic until the process is restarted')
      ]
    case 'starting':
      return [finding('warn', 'checks', 'The start has not ended; readiness answers 503')]
    default:
      return []
  }
}

function checkFindings({ checks, readiness }: Facts): Finding[] {
  return checks.flatMap(({ name, status, critical, error, workers }) => {
    if (status === 'pass' || (status === 'pending' && readiness?.status !== 'not ready')) return []
    const where = workers === undefined ? '' : ` in ${workers}`
    const why = error === undefined ? '' : `: ${error}`
    if (status === 'pending') return [finding('warn', 'checks', `Check ${name} has not run yet${where}`)]
    const verb = status === 'degraded' ? 'is degraded' : 'fails'
    const severity = status === 'fail' && critical ? 'bad' : 'warn'
    return [finding(severity, 'checks', `Check ${name} ${verb}${where}${why}`)]
  })
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`

function trafficFindings({ traffic, routes }: Facts): Finding[] {
  if (traffic === undefined) return []
  const findings: Finding[] = []
  const { errorShare, rate, window } = traffic
  if (errorShare >= degradedShare && errorShare * rate * window >= minFailed) {
    const severity = errorShare >= outageShare ? 'bad' : 'warn'
    findings.push(finding(severity, 'routes', `${percent(errorShare)} of requests fail`))
  }
  const failing = routes.filter(({ isFailing }) => isFailing).sort((a, b) => b.errorShare - a.errorShare)
  for (const { method, route, errorShare: share } of failing.slice(0, 3)) {
    findings.push(finding('warn', 'routes', `${method} ${route} fails in ${percent(share)} of requests`))
  }
  if (failing.length > 3) findings.push(finding('warn', 'routes', `${failing.length - 3} more routes fail`))
  const slow = routes.filter(({ isSlow }) => isSlow)
  if (slow.length > 0) {
    const [{ method, route, p95, slowAfter }] = slow.toSorted((a, b) => (b.p95 ?? 0) - (a.p95 ?? 0)) as [
      RouteTime
    ]
    const more = slow.length > 1 ? `, and ${slow.length - 1} more` : ''
    const text = `${method} ${route} is slow${more}: 95 % within ${p95} ms, the limit is ${slowAfter} ms`
    findings.push(finding('warn', 'routes', text))
  }
  return findings
}
type RouteTime = Facts['routes'][number]

function breakerFindings({ breakers }: Facts): Finding[] {
  return breakers.flatMap(({ name, state, workers, lastChange }) => {
    const where = workers === undefined ? '' : ` in ${workers}`
    if (state === 'isolated') return [finding('warn', 'breakers', `Breaker ${name} is isolated${where}`)]
    if (state !== 'open') return []
    const why = lastChange?.error === undefined ? '' : `: ${lastChange.error}`
    return [finding('warn', 'breakers', `Breaker ${name} is open${where}${why}`)]
  })
}

function processFindings({ workers, memoryLimit, shedding }: Facts): Finding[] {
  const findings: Finding[] = []
  const unreachable = workers.filter(({ isReachable }) => !isReachable)
  if (unreachable.length > 0) {
    const pids = unreachable.map(({ pid }) => pid).join(', ')
    findings.push(
      finding('warn', 'workers', `No answer from ${unreachable.length === 1 ? 'worker' : 'workers'} ${pids}`)
    )
  }
  const busy = workers.filter(({ loop }) => loop >= 0.9)
  if (busy.length > 0) {
    const share = percent(Math.max(...busy.map(({ loop }) => loop)))
    findings.push(finding('warn', 'process', `The event loop is busy for ${share} of the time`))
  }
  const used = workers.reduce((total, { rss }) => total + rss, 0)
  if (memoryLimit > 0 && used > memoryLimit * 0.9) {
    findings.push(finding('warn', 'process', `Memory is at ${percent(used / memoryLimit)} of its limit`))
  }
  const level = Number(shedding?.['level'] ?? 0)
  if (level > 0)
    findings.push(finding('warn', 'limits', 'Requests are shed, because the process is overloaded'))
  return findings
}

/** Stores that other plugins describe as `{ kind, up, reason }`. */
function storeFindings({ sections }: Facts): Finding[] {
  return Object.entries(sections).flatMap(([name, section]) => {
    const store = isObject(section) ? section['store'] : undefined
    if (!isObject(store) || store['up'] !== false) return []
    const where = typeof store['workers'] === 'string' ? ` in ${store['workers']}` : ''
    const why = typeof store['reason'] === 'string' ? `: ${store['reason']}` : ''
    return [finding('warn', 'limits', `The store of ${name} does not answer${where}${why}`)]
  })
}

function notes({ logLevel }: Facts): Finding[] {
  if (logLevel === undefined || logLevel.level === logLevel.normal) return []
  return [finding('note', 'process', `The log level is ${logLevel.level} instead of ${logLevel.normal}`)]
}
