export interface Status {
  at: number
  history: Record<string, number[]>
  traffic: Record<string, number>
  verdict: { findings: { text: string }[] }
  service: { startedAt: string }
  routes: { route: string; rate: number; total: number; p50: number; p95: number; p99: number }[]
  workers: { uptime: number; rss: number; loop: number }[]
}

const steps = 180
const figures: Record<string, [rate: number, p50: number, p95: number, p99: number]> = {
  '/products': [48.2, 3.1, 9.8, 21],
  '/products/:id': [126, 1.9, 6.4, 14.2],
  '/orders': [7.4, 38, 121, 260]
}

/** Numbers that look like traffic, and are the same each time. */
const wave = (step: number, seed: number): number =>
  Math.sin(step / 23 + seed) * 0.12 +
  Math.sin(step / 5 + seed * 3) * 0.04 +
  Math.sin(step * 2.3 + seed) * 0.03

/** The status of a service that has served for a quarter of an hour, whose payment service is away since a minute. */
export function afterFifteenMinutes(status: Status): Status {
  const { at } = status
  const column = (of: (step: number) => number) => Array.from({ length: steps }, (_, step) => of(step))
  const isAway = (step: number) => step > steps - 14
  const history = {
    time: column((step) => Math.floor(at / 1000) - (steps - 1 - step) * 5),
    rate: column((step) => 180 * (1 + wave(step, 1))),
    errors: column((step) => (isAway(step) ? 7.2 * (1 + wave(step, 2)) : 0)),
    p50: column((step) => 2.4 * (1 + wave(step, 3))),
    p95: column((step) => 11 * (1 + 2 * wave(step, 4)) + (isAway(step) ? 22 : 0)),
    p99: column((step) => 29 * (1 + 3 * wave(step, 5)) + (isAway(step) ? 70 : 0)),
    loop: column((step) => 0.21 * (1 + 2 * wave(step, 6))),
    lag: column(() => 12),
    rss: column((step) => (148 + step / 30 + 4 * wave(step, 7)) * 2 ** 20),
    heap: column((step) => (52 + ((step * 7) % 29)) * 2 ** 20)
  }
  return {
    ...status,
    history,
    service: { ...status.service, startedAt: new Date(at - 93_600_000).toISOString() },
    traffic: {
      ...status.traffic,
      window: 60,
      rate: 182,
      errorShare: 0.0406,
      p50: 2.4,
      p95: 33,
      p99: 97,
      inFlight: 3
    },
    verdict: {
      ...status.verdict,
      findings: status.verdict.findings.map((finding) => ({
        ...finding,
        text: finding.text.replace(/^[\d.]+ % of requests/, '4.1 % of requests')
      }))
    },
    workers: status.workers.map((worker) => ({ ...worker, uptime: 93_600, rss: 161_480_704, loop: 0.214 })),
    routes: status.routes
      .filter(({ route }) => route in figures)
      .map((row) => {
        const [rate, p50, p95, p99] = figures[row.route]!
        return { ...row, rate, p50, p95, p99, total: Math.round(rate * 93_600) }
      })
  }
}
