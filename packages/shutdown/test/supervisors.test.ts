import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { join } from 'node:path'
import { freePort, startNode, temporaryFolder, until } from '@seaworthy/testing'
import t from 'tap'
import { preflight } from '../src/index.ts'
import { startClients } from './support/clients.ts'
import { service } from './support/service.ts'

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)

t.test('a cluster reload as PM2 does it loses no request', async (t) => {
  const port = await freePort()
  const env = { PORT: String(port), NODE_ENV: 'production' }
  const primary = startNode(t, fixture('cluster.ts'), { env })
  await primary.waitFor(/workers are up/)
  const clients = startClients({ port }, { connections: 30 })
  await until('clients to be busy', () => clients.count.ok > 200)
  primary.kill('SIGUSR2')
  await primary.waitFor(/reloaded/, 60_000)
  const count = await clients.stop()
  t.strictSame(count.failed, {}, `0 of ${count.ok} requests failed`)
  t.equal(primary.output().match(/worker gone with 0/g)?.length, 2)
})

t.test('systemd is told: ready, alive, stopping', async (t) => {
  const folder = temporaryFolder(t)
  const said = join(folder, 'said')
  writeFileSync(said, '')
  writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$@" >> "${said}"\n`)
  chmodSync(join(folder, 'systemd-notify'), 0o755)
  const app = await service(
    t,
    { drainDelay: 0 },
    { PATH: `${folder}:${process.env.PATH}`, NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '200000' }
  )
  const text = () => readFileSync(said, 'utf8')
  await until('the watchdog', () => /^WATCHDOG=1$/m.test(text()))
  app.kill()
  t.equal((await app.exit).code, 0)
  await until('stopping', () => /STOPPING=1/.test(text()))
  t.match(text(), new RegExp(`READY=1 MAINPID=${app.pid}`))
  t.match(text(), /STOPPING=1 EXTEND_TIMEOUT_USEC=\d+000/)
})

t.test('the preflight passes a release that works and refuses the others', async (t) => {
  const nodeArgs = ['--conditions=@seaworthy/source']
  const common = { script: fixture('app.ts'), nodeArgs, timeout: 20_000 }
  const env = { NODE_ENV: 'development', NODE_OPTIONS: '' }
  t.match(await preflight({ ...common, env }), { ok: true, reason: /^ready after/ })
  t.match(await preflight({ ...common, env: { ...env, BOOT: 'throw' } }), {
    ok: false,
    reason: 'it ended with exit code 1 before it was ready',
    output: /this release does not boot/
  })
  t.match(await preflight({ ...common, env, path: '/nothing', timeout: 1500 }), {
    ok: false,
    reason: /not ready after 1500 ms.*status 404/
  })
})

t.test('HTTP/2 clients get GOAWAY, their open streams are answered, later ones only refused', async (t) => {
  const app = await service(t, { drainDelay: { min: 300, max: 5000 } }, { HTTP2: 'yes' })
  const session = connect(`http://127.0.0.1:${app.port}`)
  const goaway = new Promise<number>((resolve) => session.once('goaway', resolve))
  session.on('error', () => undefined)
  let status: number | undefined
  const stream = session.request({ ':path': '/slow?ms=1500' })
  stream.on('response', (headers) => {
    status = headers[':status']
  })
  await until('the stream to be taken', async () => {
    const asked = session.request({ ':path': '/in-flight' })
    let text = ''
    for await (const data of asked) text += String(data)
    return Number(text) >= 2
  })
  const done = new Promise((resolve, reject) => stream.resume().once('close', resolve).once('error', reject))
  app.kill()
  t.equal(await goaway, 0, 'NO_ERROR')
  await done
  t.equal(status, 200)
  t.equal((await app.exit).code, 0)
})
