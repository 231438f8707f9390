import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { meterPort, provided } from '@seaworthy/contract'
import { commandPath, requires, startIntake, temporaryFolder } from '@seaworthy/testing'
import { build } from './helpers.ts'

const folder = join(import.meta.dirname, '..')
const rules = join(folder, 'rules')
const read = (path: string) => readFileSync(join(folder, path), 'utf8')

/** Metrics of other plugins, with their labels. */
const otherPlugins: Record<string, readonly string[]> = {
  breaker_state: ['breaker', 'state'],
  breaker_calls_total: ['breaker', 'outcome'],
  health_check_status: ['check'],
  health_check_duration_seconds: ['check'],
  rate_limit_requests_total: ['limit', 'outcome'],
  load_shed_total: ['priority'],
  health_broken: [],
  tls_certificate_not_after_timestamp_seconds: []
}

const words = new Set(
  'sum rate by max min avg count and histogram_quantile avg_over_time le job route label_values or unless on time'.split(
    ' '
  )
)

/** The metrics and recorded series that an expression names. */
function metricsOf(expression: string): string[] {
  const bare = expression
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
    .replaceAll(/\b(?:by|on|without)\s*\([^)]*\)/g, ' ')
    .replace(/label_values\(([^,]*),[^)]*\)/, '$1')
  return [...bare.matchAll(/[a-zA-Z_][\w:]*/g)].map(([name]) => name).filter((name) => !words.has(name))
}

interface Panel {
  title: string
  type: string
  targets?: { expr: string }[]
  gridPos: { x: number; y: number; w: number; h: number }
}

const dashboard = () =>
  JSON.parse(read('dashboards/service.json')) as {
    panels: Panel[]
    templating: { list: { definition?: string }[] }
  }

t.test('every metric that the dashboard and the rules name is exported', async (t) => {
  const upstream = await startIntake(t)
  const { app } = await build(t, {}, (app) => {
    app.get('/', async () => (await fetch(upstream.url)).status)
    const meter = provided(app, meterPort)!
    for (const [name, labels] of Object.entries(otherPlugins)) {
      if (name.endsWith('_duration_seconds')) {
        meter.histogram({ name, help: name, labels, buckets: [1] }).with(...labels)
        continue
      }
      const kind = name.endsWith('_total') ? 'counter' : 'gauge'
      meter[kind]({ name, help: name, labels }).with(...labels)
    }
  })
  await app.inject('/')
  await app.inject('/%zz')
  globalThis.gc?.()
  const text = await app.observability.metrics()
  const exported = new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
    )
  )
  const yaml = read('rules/recording.yml') + read('rules/alerts.yml')
  const recorded = [...yaml.matchAll(/record: (\S+)/g)].map(([, name]) => name!)
  for (const name of recorded) exported.add(name)

  const { panels, templating } = dashboard()
  const expressions = [
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...templating.list.flatMap(({ definition }) => definition ?? []),
    ...[...yaml.matchAll(/expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/g)].map(([, block, line]) => block ?? line!)
  ]
  t.ok(expressions.length > 40, `${expressions.length} expressions`)
  for (const expression of expressions) {
    const names = metricsOf(expression)
    t.ok(names.length > 0, expression)
    for (const name of names) t.ok(exported.has(name), name)
  }
})

t.test('the dashboard has no overlapping panels and no panel without a query', async (t) => {
  const { panels } = dashboard()
  for (const [index, a] of panels.entries()) {
    if (a.type !== 'row') t.ok(a.targets!.length > 0, a.title)
    for (const b of panels.slice(index + 1)) {
      const [p, q] = [a.gridPos, b.gridPos]
      const apart = p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y
      t.ok(apart, `${a.title} and ${b.title}`)
    }
  }
})

requires(['promtool'], 'promtool accepts the rules, and each alert fires only when it should', async (t) => {
  const promtool = (...args: string[]) => spawnSync(commandPath('promtool')!, args, { encoding: 'utf8' })
  const check = promtool('check', 'rules', join(rules, 'recording.yml'), join(rules, 'alerts.yml'))
  t.equal(check.status, 0, check.stdout + check.stderr)

  const file = join(temporaryFolder(t), 'rules.test.yml')
  writeFileSync(file, read('test/fixtures/rules.test.yml').replaceAll('RULES', rules))
  const tested = promtool('test', 'rules', file)
  t.equal(tested.status, 0, tested.stdout + tested.stderr)

  const alerts = [...read('rules/alerts.yml').matchAll(/alert: (\S+)/g)].map(([, name]) => name!)
  for (const alert of alerts) t.ok(read('test/fixtures/rules.test.yml').includes(alert), `${alert} is tested`)
})

requires(['promtool'], 'promtool accepts every expression of the dashboard', async (t) => {
  const expressions = dashboard().panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  const file = join(temporaryFolder(t), 'expressions.yml')
  const list = expressions.map((expr, index) => ({
    record: `expression:${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(job|route)/g, '.*')
  }))
  // YAML is a superset of JSON.
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: list }] }))
  const { status, stdout, stderr } = spawnSync(commandPath('promtool')!, ['check', 'rules', file], {
    encoding: 'utf8'
  })
  t.equal(status, 0, stdout + stderr)
})
