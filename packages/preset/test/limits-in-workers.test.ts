// Limits that operators change apply in all workers.
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { freePort, startNode, until } from '@seaworthy/testing'
import t from 'tap'

const app = fileURLToPath(new URL('apps/cluster/limited.js', import.meta.url))

interface Answer {
  status: number
  policy: string
  body: string
}

/** One request on a new connection, so that the workers take turns. */
const ask = async (port: number, path: string, method = 'GET', body?: object): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const sent = request({ port, host: '127.0.0.1', path, method, agent: false, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (data: string) => (text += data))
      const { statusCode: status = 0, headers: got } = response
      response.on('end', () => resolve({ status, policy: String(got['ratelimit-policy']), body: text }))
      response.on('error', reject)
    })
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })

t.test('a changed limit applies in all workers, also in one that starts later, and is audited', async (t) => {
  t.setTimeout(180_000)
  const [port, management] = [await freePort(), await freePort()]
  const service = startNode(t, app, { env: { PORT: `${port}`, MANAGEMENT: `${management}` } })
  const pids = () => [...service.output().matchAll(/worker (\d+) is up/g)].map(([, pid]) => Number(pid))
  await until('two workers', () => pids().length === 2)
  const workers = async () =>
    (JSON.parse((await ask(management, '/status.json')).body) as { workers: unknown[] }).workers.length
  await until('workers that know each other', async () => (await workers()) === 2)

  const changed = await ask(management, '/rate-limits/ip', 'PUT', { max: 500, ttl: 600_000 })
  t.match(JSON.parse(changed.body), {
    limits: [{ name: 'ip', max: 500, normal: { max: 1000 } }],
    workers: [{ statusCode: 200 }, { statusCode: 200 }]
  })
  service.kill('SIGUSR2')
  await until('a third worker', () => pids().length === 3)
  const policies = new Map<number, string>()
  await until('all workers to limit so', async () => {
    const { body, policy } = await ask(port, '/')
    policies.set(Number(body), policy)
    return policies.size === 3 && [...policies.values()].every((text) => text === '"ip";q=500;w=60')
  })
  t.match(
    service.logs().filter(({ operator }) => operator),
    [{ level: 40, operator: { action: 'PUT /rate-limits/ip', detail: /500/ } }],
    'the action is logged once'
  )
})
