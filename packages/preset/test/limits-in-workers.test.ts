// Limits that operators change apply in all workers.
import { fileURLToPath } from 'node:url'
import { freePort, requestOnce, startNode, until } from '@seaworthy/testing'
import t from 'tap'

const app = fileURLToPath(new URL('apps/cluster/limited.js', import.meta.url))

t.test('a changed limit applies in all workers, also in one that starts later, and is audited', async (t) => {
  t.setTimeout(180_000)
  const [port, management] = [await freePort(), await freePort()]
  const service = startNode(t, app, { env: { PORT: `${port}`, MANAGEMENT: `${management}` } })
  const pids = () => [...service.output().matchAll(/worker (\d+) is up/g)].map(([, pid]) => Number(pid))
  await until('two workers', () => pids().length === 2)
  const workers = async () =>
    (JSON.parse((await requestOnce(management, '/status.json')).body) as { workers: unknown[] }).workers
      .length
  await until('workers that know each other', async () => (await workers()) === 2)

  const changed = await requestOnce(management, '/rate-limits/ip', {
    method: 'PUT',
    body: { max: 500, ttl: 600_000 }
  })
  t.match(JSON.parse(changed.body), {
    limits: [{ name: 'ip', max: 500, normal: { max: 1000 } }],
    workers: [{ statusCode: 200 }, { statusCode: 200 }]
  })
  service.kill('SIGUSR2')
  await until('a third worker', () => pids().length === 3)
  const policies = new Map<number, string>()
  await until('all workers to limit so', async () => {
    const { body, headers } = await requestOnce(port, '/')
    policies.set(Number(body), String(headers['ratelimit-policy']))
    return policies.size === 3 && [...policies.values()].every((text) => text === '"ip";q=500;w=60')
  })
  t.match(
    service.logs().filter(({ operator }) => operator),
    [{ level: 40, operator: { action: 'PUT /rate-limits/ip', detail: /500/ } }],
    'the action is logged once'
  )
})
