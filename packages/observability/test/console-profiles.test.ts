import t from 'tap'
import { build } from './helpers.ts'

const management = { port: 0 }

t.test('profiles of CPU and heap are files for DevTools, one at a time', async (t) => {
  const { app, lines } = await build(t, { management })
  await app.ready()
  const listener = app.observability.management!
  const record = async (kind: string, query = 'seconds=1') =>
    listener.inject({ method: 'POST', url: `/profile/${kind}?${query}` })
  const [cpu, second] = await Promise.all([record('cpu'), record('heap')])
  t.match(cpu.headers['content-disposition'], /^attachment; filename="cpu-\d+\.cpuprofile"$/)
  t.ok(cpu.json().nodes.length > 0)
  t.equal(second.statusCode, 409)
  t.match((await record('heap')).json(), { head: { callFrame: {} } })
  t.equal((await record('disk')).statusCode, 400)
  t.equal((await record('cpu', 'seconds=61')).statusCode, 400)
  t.equal((await record('cpu', 'worker=1')).statusCode, 404)
  t.match(
    lines().find(({ msg }) => msg.includes('POST /profile/cpu')),
    { level: 40, operator: { statusCode: 200, address: '127.0.0.1' } }
  )
})

t.test('no profile is recorded while memory is short', async (t) => {
  const { app, lines } = await build(t, { management })
  await app.ready()
  const record = async () =>
    app.observability.management!.inject({ method: 'POST', url: '/profile/heap?seconds=1' })
  const { constrainedMemory } = process
  t.teardown(() => (process.constrainedMemory = constrainedMemory))
  process.constrainedMemory = () => process.memoryUsage.rss() * 1.05
  const refused = await record()
  t.equal(refused.statusCode, 409)
  t.match(refused.json(), { message: 'Too little memory is free for a profile' })
  t.match(
    lines().find(({ msg }) => msg.includes('was denied POST /profile/heap')),
    { operator: { statusCode: 409 } },
    'the attempt is audited'
  )
  process.constrainedMemory = () => process.memoryUsage.rss() * 4
  t.equal((await record()).statusCode, 200)
})
