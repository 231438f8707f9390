import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { freePort, requestOnce, startNode, temporaryFolder, until } from '@seaworthy/testing'

const app = fileURLToPath(new URL('fixtures/operated-cluster.ts', import.meta.url))

const ask = async (port: number, path: string, method?: string, body?: object): Promise<string> =>
  (await requestOnce(port, path, { method, body })).body

t.test('one listener operates all workers, and shows their sum or one of them', async (t) => {
  t.setTimeout(120_000)
  const [port, management] = [await freePort(), await freePort()]
  const service = startNode(t, app, { env: { PORT: `${port}`, MANAGEMENT: `${management}` } })
  const pids = () => [...service.output().matchAll(/worker (\d+) is up/g)].map(([, pid]) => Number(pid))
  await until('three workers', () => pids().length === 3, 60_000)
  type Status = {
    pid: number
    scope: string | number
    workers: { pid: number; isReachable: boolean }[]
    sections: { switch: { state: string } }
    routes: { route: string; total: number }[]
    actions: { workers?: { pid: number; statusCode: number }[] }[]
    logLevel: { level: string }
    verdict: { findings: { text: string }[] }
  }
  const status = async (query = '') => JSON.parse(await ask(management, `/status.json${query}`)) as Status
  await until('all workers in the status', async () => (await status()).workers.length === 3, 60_000)

  const answered = new Set<string>()
  for (let n = 0; n < 30; n++) answered.add(await ask(port, '/work'))
  const sum = await status()
  t.equal(sum.routes.find(({ route }) => route === '/work')?.total, 30, 'the sum of all workers')
  t.equal(sum.scope, 'all')
  t.match(sum.verdict.findings, [{ text: 'The store of queue does not answer in 1 of 3 workers' }])
  let ofEach = 0
  for (const pid of pids()) {
    const one = await status(`?worker=${pid}`)
    t.equal(one.scope, pid)
    ofEach += one.routes.find(({ route }) => route === '/work')?.total ?? 0
  }
  t.equal(ofEach, 30, 'each worker by itself')

  const answer = JSON.parse(await ask(management, '/switch', 'PUT', { state: 'on' })) as {
    workers: unknown[]
  }
  t.same(
    (answer.workers as { pid: number; statusCode: number }[]).toSorted((a, b) => a.pid - b.pid),
    pids()
      .map((pid) => ({ pid, statusCode: 200 }))
      .toSorted((a, b) => a.pid - b.pid),
    'the answer names who has obeyed'
  )
  for (const pid of pids()) {
    t.equal((await status(`?worker=${pid}`)).scope, pid)
  }
  const states = async () => {
    const seen = new Map<number, string>()
    await until('all workers to have answered', async () => {
      const { pid, sections } = await status()
      seen.set(pid, sections.switch.state)
      return seen.size === pids().length
    })
    return [...new Set(seen.values())]
  }
  t.same(await states(), ['on'])
  t.equal((await status()).actions.length, 1, 'an action is one, however many workers have done it')

  const sampling = await ask(management, '/log-sampling', 'PUT', { sampling: 0.5, ttl: 60_000 })
  t.match(JSON.parse(sampling), {
    sampling: 0.5,
    normal: 1,
    workers: pids().map(() => ({ statusCode: 200 }))
  })
  await ask(management, '/log-level', 'PUT', { level: 'debug', ttl: 600_000 })
  service.kill('SIGUSR2')
  await until('a fourth worker', () => pids().length === 4, 60_000)
  await until(
    'the fourth worker to catch up',
    async () => {
      const late = await status()
      return late.pid === pids()[3] && late.sections.switch.state === 'on' && late.logLevel.level === 'debug'
    },
    60_000
  )

  process.kill(pids()[0]!, 'SIGKILL')
  // Until the parent knows, it hands connections to the dead worker, where they are lost.
  await service.waitFor(/worker \d+ is gone/, 60_000)
  await until('the dead worker to be gone', async () => (await status()).workers.length === 3, 60_000)
  const after = JSON.parse(await ask(management, '/switch', 'PUT', { state: 'off' })) as {
    workers: unknown[]
  }
  t.equal(after.workers.length, 3, 'an action does not wait for a worker that is dead')

  const profile = await ask(management, `/profile/cpu?seconds=1&worker=${pids()[2]}`, 'POST')
  t.match(JSON.parse(profile), { nodes: [{}] }, 'a profile of any worker')
})

t.test('workers that cannot reach each other refuse actions, and none obeys', async (t) => {
  t.setTimeout(120_000)
  const [port, management] = [await freePort(), await freePort()]
  const TMPDIR = join(temporaryFolder(t), 'gone')
  const service = startNode(t, app, { env: { PORT: `${port}`, MANAGEMENT: `${management}`, TMPDIR } })
  await service.waitFor(/the workers cannot reach each other.*set TMPDIR/, 60_000)
  await service.waitFor(/worker \d+ is up/, 60_000)
  const answer = JSON.parse(await ask(management, '/switch', 'PUT', { state: 'on' })) as object
  t.match(answer, { statusCode: 503, message: /cannot reach each other.*none has obeyed/ })
  const status = JSON.parse(await ask(management, '/status.json')) as object
  t.match(
    status,
    { sections: { switch: { state: 'off' } }, workers: { length: 1 } },
    'what it shows, it shows'
  )
  const profile = await ask(management, '/profile/cpu?seconds=1', 'POST')
  t.match(JSON.parse(profile), { nodes: [{}] }, 'a profile is of one worker')
})
