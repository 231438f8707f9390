import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  freePort,
  releaseLocally,
  requires,
  run,
  start,
  startLoad,
  temporaryFolder,
  until
} from '@seaworthy/testing'
import type { Test } from 'tap'
import { containers, makeBaseImage } from './image.ts'

/** An app as `fastify-seaworthy init docker` finds it: a manifest, a lock file, a source. */
const source = `import { writeFileSync } from 'node:fs'
import v8 from 'node:v8'
import Fastify from 'fastify'
import { fromEnv, seaworthy, serverOptions } from 'fastify-seaworthy'

const config = fromEnv()
const options = { ...config, security: { rateLimit: false as const } }
const app = Fastify(serverOptions(options))
await app.register(seaworthy, options)
let ready = true
app.health.addCheck('switch', () => ready, { cacheFor: 0 })
app.post('/unready', async () => { ready = false })
app.get('/facts', async () => {
  let readOnly = false
  try { writeFileSync('/app/written', 'x') } catch { readOnly = true }
  return { pid: process.pid, uid: process.getuid!(), readOnly, heap: v8.getHeapStatistics().heap_size_limit }
})
await app.listen(config.listen)
`

function appFolder(t: Test, env: NodeJS.ProcessEnv, registry: string): string {
  const app = temporaryFolder(t, 'app')
  const manifest = { name: 'harbour', private: true, type: 'module', main: 'src/server.ts' }
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest))
  mkdirSync(join(app, 'src'))
  writeFileSync(join(app, 'src/server.ts'), source)
  writeFileSync(join(app, '.env'), 'JWT_SECRET=must-not-be-in-the-image')
  run('npm', ['install', '--package-lock-only', 'fastify', 'fastify-seaworthy'], { cwd: app, env })
  writeFileSync(join(app, '.npmrc'), `registry=${registry}\n`)
  const folder = join(import.meta.dirname, '..')
  for (const file of ['Dockerfile', '.dockerignore']) cpSync(join(folder, file), join(app, file))
  return app
}

requires(
  ['buildah', 'podman', 'runc'],
  'the Dockerfile builds an image that runs as it should',
  async (t) => {
    t.setTimeout(900_000)
    const registry = await releaseLocally(t)
    const tools = containers(t)
    makeBaseImage(t, tools)
    const app = appFolder(t, registry.env, registry.url)
    const build = () =>
      tools.buildah(
        'bud',
        '--isolation',
        'chroot',
        '--network',
        'host',
        '--pull-never',
        '--layers',
        '--format',
        'docker',
        '--volume',
        `${join(app, '.npmrc')}:/root/.npmrc:ro`,
        '--tag',
        'harbour:test',
        app
      )
    build()

    await t.test('a change of the sources alone reuses the dependencies', async (t) => {
      writeFileSync(join(app, 'src/more.ts'), 'export {}')
      const again = build()
      t.match(again, /Using cache/)
      t.notMatch(again, /added \d+ packages/)
    })

    const port = await freePort()
    const run256 = [
      'run',
      '--rm',
      '--name',
      'harbour',
      '--network',
      'host',
      '--read-only',
      '--cap-drop',
      'all',
      '--memory',
      '256m',
      '--security-opt',
      'no-new-privileges',
      '--env',
      `PORT=${port}`,
      '--env',
      'HOST=127.0.0.1',
      '--env',
      'DRAIN_DELAY=500',
      '--env',
      'LOG_LEVEL=warn',
      'harbour:test'
    ]
    const began = performance.now()
    const container = start(t, 'podman', [...tools.podmanArgs, ...run256])
    const url = `http://127.0.0.1:${port}`
    await until(
      'the container to be ready',
      async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok,
      60_000
    )
    t.comment(`from start to ready: ${Math.round(performance.now() - began)} ms`)

    await t.test('as an ordinary user, with nothing to write to, and a heap that fits', async (t) => {
      const facts = (await (await fetch(`${url}/facts`)).json()) as Record<string, number | boolean>
      t.match(facts, { pid: 1, uid: 1000, readOnly: true })
      t.ok(Number(facts.heap) < 0.8 * 256 * 2 ** 20, `a heap of ${facts.heap} bytes`)
    })

    await t.test('without the secrets of the build context', async (t) => {
      const ls = ['-e', 'process.stdout.write(JSON.stringify(require("fs").readdirSync("/app")))']
      const files = tools.podman('exec', 'harbour', 'node', ...ls)
      t.strictSame((JSON.parse(files) as string[]).toSorted(), [
        'node_modules',
        'package-lock.json',
        'package.json',
        'src'
      ])
    })

    await t.test('its health follows readiness', async (t) => {
      tools.podman('healthcheck', 'run', 'harbour')
      await fetch(`${url}/unready`, { method: 'POST' })
      t.throws(() => tools.podman('healthcheck', 'run', 'harbour'))
    })

    await t.test('SIGTERM under load loses nothing and ends with 0', async (t) => {
      let answered = 0
      const load = startLoad(port, '/facts', { connections: 20, onResult: () => (answered++, !stopping) })
      let stopping = false
      await until('a flowing load', () => answered > 100)
      tools.podman('kill', '--signal', 'TERM', 'harbour')
      stopping = true
      const { statuses, errors } = await load.stop()
      t.strictSame([Object.keys(statuses), errors], [['200'], {}])
      t.match(await container.exit, { code: 0 })
    })
  }
)
