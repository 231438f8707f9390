import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { commandPath, requires, temporaryFolder } from '@seaworthy/testing'
import { build, samples } from './helpers.ts'

async function rulesOf(t: Test, unit: 'seconds' | 'milliseconds' = 'seconds') {
  const { app } = await build(t, { metrics: { unit } }, (app) => {
    const config = (objective: number) => ({ observability: { objective } })
    app.get('/users/:id', { config: config(300) }, async () => 'ok')
    app.post('/orders/:kind("x")?', { config: config(2000) }, async () => 'ok')
    app.get('/plain', async () => 'ok')
  })
  await app.inject('/users/1')
  return { app, rules: app.observability.latencyRules() }
}

for (const unit of ['seconds', 'milliseconds'] as const) {
  t.test(`rules name series that the app has, in ${unit}`, async (t) => {
    const { app, rules } = await rulesOf(t, unit)
    const exported = [...samples(await app.observability.metrics()).keys()]
    const [, name, le] = /rate\((\w+_bucket)\{method=\\"GET\\".*?le=~?\\"([\d.]+)/.exec(rules) ?? []
    t.ok(
      exported.some((sample) => sample.startsWith(`${name}{`) && sample.includes(`le="${le}"`)),
      `${name} ${le}`
    )
    t.notMatch(rules, '/plain')
  })
}

t.test('a target that no budget has is refused', async (t) => {
  const { app } = await build(t)
  for (const target of [0.9, 1, Number.NaN, '0.99']) {
    t.throws(() => app.observability.latencyRules({ target: target as number }), {
      name: 'RangeError',
      message: /"latencyRules: target" must be a number from 0\.95 to 0\.99999/
    })
  }
})

requires(
  ['promtool'],
  'promtool accepts the rules, and they alert on a route that is too slow',
  async (t) => {
    const promtool = (...args: string[]) => spawnSync(commandPath('promtool')!, args, { encoding: 'utf8' })
    const folder = temporaryFolder(t)
    const file = (name: string, content: string) => {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    }
    const { rules } = await rulesOf(t)
    const check = promtool('check', 'rules', file('rules.yml', rules))
    t.equal(check.status, 0, check.stdout + check.stderr)

    const metric = 'http_request_duration_seconds'
    const series = (name: string, labels: string, values: string) => ({
      series: `${metric}_${name}{job="api",${labels}}`,
      values
    })
    const users = 'method="GET",route="/users/:id",status_code="200"'
    const failed = 'method="GET",route="/users/:id",status_code="500"'
    const orders = String.raw`method="POST",route="/orders/:kind(\"x\")?",status_code="201"`
    const alerting = (alertname: string, ...routes: object[]) => ({
      eval_time: '90m',
      alertname,
      exp_alerts: routes.map((exp_labels) => ({ exp_labels, exp_annotations: undefined }))
    })
    const slowRoute = {
      job: 'api',
      severity: 'page',
      method: 'GET',
      route: '/users/:id',
      objective: '300 ms'
    }
    const annotations = {
      summary: 'GET /users/:id of api takes longer than 300 ms for 20% of its requests',
      description: 'At this rate the latency budget of 30 days is spent in two days.'
    }
    const isSlow = alerting('LatencyBudgetBurnsFast', slowRoute)
    Object.assign(isSlow.exp_alerts[0]!, { exp_annotations: annotations })
    const test = {
      rule_files: [join(folder, 'rules.yml')],
      evaluation_interval: '1m',
      tests: [
        {
          // A fifth of the users' requests is too slow. Those that fail do not count, and all orders are fast.
          interval: '1m',
          input_series: [
            series('bucket', `${users},le="0.3"`, '0+80x120'),
            series('count', users, '0+100x120'),
            series('bucket', `${failed},le="0.3"`, '0+0x120'),
            series('count', failed, '0+1000x120'),
            series('bucket', `${orders},le="2.0"`, '0+100x120'),
            series('count', orders, '0+100x120')
          ],
          alert_rule_test: [isSlow, alerting('LatencyBudgetBurnsSlowly')]
        },
        {
          // Of the users' requests one in two hundred is slow, which is within the budget; of the orders a quarter.
          interval: '1m',
          input_series: [
            series('bucket', `${users},le="0.3"`, '0+199x120'),
            series('count', users, '0+200x120'),
            series('bucket', `${orders},le="2"`, '0+150x120'),
            series('count', orders, '0+200x120')
          ],
          alert_rule_test: [
            {
              ...alerting('LatencyBudgetBurnsFast'),
              exp_alerts: [
                {
                  exp_labels: {
                    job: 'api',
                    severity: 'page',
                    method: 'POST',
                    route: '/orders/:kind("x")?',
                    objective: '2000 ms'
                  },
                  exp_annotations: {
                    ...annotations,
                    summary:
                      'POST /orders/:kind("x")? of api takes longer than 2000 ms for 25% of its requests'
                  }
                }
              ]
            }
          ]
        }
      ]
    }
    const tested = promtool('test', 'rules', file('test.yml', JSON.stringify(test)))
    t.equal(tested.status, 0, tested.stdout + tested.stderr)
  }
)
