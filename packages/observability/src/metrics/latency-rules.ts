import { check } from '../check.ts'
import { numberText } from './text.ts'

/** A route with a latency objective. */
export interface ObjectiveRoute {
  method: string
  url: string
  /** Milliseconds. */
  objective: number
}

/**
 * How many requests must keep to the objective of their route.
 *
 * @example
 * const options: LatencyRulesOptions = { target: 0.995 }
 * console.log(app.observability.latencyRules(options))
 */
export interface LatencyRulesOptions {
  /**
   * The share of requests that must be as fast as the objective of their route, over 30 days. 0.95 to 0.99999.
   *
   * @defaultValue 0.99
   * @throws RangeError for a number outside that range.
   */
  target?: number | undefined
}

/** An alert: two windows, the multiple of the budget's even rate, how long it must last, and what it means. */
const alerts = [
  ['LatencyBudgetBurnsFast', '1h', '5m', 14.4, '2m', 'page', 'is spent in two days'],
  ['LatencyBudgetBurns', '6h', '30m', 6, '15m', 'page', 'is spent in five days'],
  ['LatencyBudgetBurnsSlowly', '3d', '6h', 1, '3h', 'ticket', 'is spent before it is over']
] as const

const windows = ['5m', '30m', '1h', '6h', '3d']

/**
 * Recording and alerting rules for Prometheus, in YAML: of each route the share of requests that took longer than its
 * objective, and alerts on how fast that spends the budget. Failures are left out: they have a budget of their own.
 */
export function latencyRules(
  routes: readonly ObjectiveRoute[],
  unit: 'seconds' | 'milliseconds',
  { target = 0.99 }: LatencyRulesOptions = {}
): string {
  check.number('latencyRules: target', target, { min: 0.95, max: 0.999_99 })
  const metric = unit === 'seconds' ? 'http_request_duration_seconds' : 'http_request_duration_ms'
  const recording = routes.flatMap((route) => windows.map((window) => recorded(route, metric, unit, window)))
  return [
    `# Generated from the objectives of routes: ${target * 100} % of their requests must be as fast, over 30 days.`,
    'groups:',
    ...group('seaworthy-latency-recording', recording),
    ...group('seaworthy-latency-budget', routes.length === 0 ? [] : alerting(1 - target))
  ].join('\n')
}

const text = (value: string): string => JSON.stringify(value)

const group = (name: string, rules: readonly string[]): string[] => [
  `  - name: ${name}`,
  rules.length === 0 ? '    rules: []' : '    rules:',
  ...rules
]

function recorded(
  { method, url, objective }: ObjectiveRoute,
  metric: string,
  unit: 'seconds' | 'milliseconds',
  window: string
): string {
  const bound = numberText(unit === 'seconds' ? objective * 0.001 : objective)
  // Prometheus 3 writes whole bounds with a decimal place.
  const bucket = /^\d+$/.test(bound) ? `le=~"${bound}|${bound}\\\\.0"` : `le="${bound}"`
  const series = `method=${text(method)},route=${text(url)},status_code!~"5.."`
  const fast = `sum by (job) (rate(${metric}_bucket{${series},${bucket}}[${window}]))`
  const all = `sum by (job) (rate(${metric}_count{${series}}[${window}]))`
  return [
    `      - record: job_route:http_requests_slow:ratio_rate${window}`,
    `        expr: ${text(`1 - ${fast} / (${all} > 0)`)}`,
    `        labels: { method: ${text(method)}, route: ${text(url)}, objective: ${text(`${objective} ms`)} }`
  ].join('\n')
}

const alerting = (budget: number): string[] =>
  alerts.map(([name, long, short, factor, lasting, severity, meaning]) => {
    const limit = `${factor} * ${numberText(Math.round(budget * 1e6) / 1e6)}`
    const ratio = (window: string): string => `job_route:http_requests_slow:ratio_rate${window} > ${limit}`
    return [
      `      - alert: ${name}`,
      `        expr: ${ratio(long)} and ${ratio(short)}`,
      `        for: ${lasting}`,
      `        labels: { severity: ${severity} }`,
      '        annotations:',
      "          summary: '{{ $labels.method }} {{ $labels.route }} of {{ $labels.job }} takes longer than {{ $labels.objective }} for {{ $value | humanizePercentage }} of its requests'",
      `          description: At this rate the latency budget of 30 days ${meaning}.`
    ].join('\n')
  })
