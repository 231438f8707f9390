import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, temporaryFolder, type Registry } from '@seaworthy/testing'
import type { Test } from 'tap'

/** A small app that tells what it finds around itself. */
const source = `import { readFileSync, writeFileSync } from 'node:fs'
import v8 from 'node:v8'
import Fastify from 'fastify'
import { fromEnv, seaworthy, serverOptions } from 'fastify-seaworthy'

const config = fromEnv()
const options = { ...config, security: { rateLimit: false as const } }
const app = Fastify(serverOptions(options))
await app.register(seaworthy, options)
let ready = true
app.health.addCheck('switch', () => ready, { cacheFor: 0 })
app.post('/switch', async () => ({ ready: (ready = !ready) }))
app.get('/slow', async () => new Promise((resolve) => setTimeout(resolve, 1500, 'done')))
app.get('/facts', async () => {
  let readOnly = false
  try { writeFileSync('/app/written', 'x') } catch { readOnly = true }
  const status = readFileSync('/proc/self/status', 'utf8')
  return {
    pid: process.pid,
    uid: process.getuid!(),
    readOnly,
    capabilities: status.match(/^CapEff:\\s*(\\w+)$/m)![1],
    noNewPrivileges: status.match(/^NoNewPrivs:\\s*(\\d)$/m)![1],
    memory: process.constrainedMemory(),
    heap: v8.getHeapStatistics().heap_size_limit
  }
})
await app.listen(config.listen)
`

/** A new app, dependencies locked, with the files that `fastify-seaworthy init docker` of the release writes. */
export function newApp(t: Test, registry: Registry, packageManager: 'npm' | 'pnpm'): string {
  const app = temporaryFolder(t, 'app')
  const manifest = { name: '@acme/harbour', private: true, type: 'module', main: 'src/server.ts' }
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest))
  mkdirSync(join(app, 'src'))
  writeFileSync(join(app, 'src/server.ts'), source)
  const options = { cwd: app, env: registry.env }
  if (packageManager === 'npm') run('npm', ['install', 'fastify', 'fastify-seaworthy'], options)
  else {
    // pnpm refuses packages that were published a moment ago.
    writeFileSync(join(app, 'pnpm-workspace.yaml'), 'minimumReleaseAge: 0\n')
    const pnpm = join(root, 'node_modules/pnpm/bin/pnpm.mjs')
    run(process.execPath, [pnpm, 'add', 'fastify', 'fastify-seaworthy'], options)
  }
  run(join(app, 'node_modules/.bin/fastify-seaworthy'), ['init', 'docker'], options)

  // Files that must not get into an image.
  writeFileSync(join(app, '.env'), 'JWT_SECRET=must-not-be-in-the-image')
  writeFileSync(join(app, 'src/.env.production'), 'JWT_SECRET=must-not-be-in-the-image')
  writeFileSync(join(app, 'src/server.key'), 'must-not-be-in-the-image')
  mkdirSync(join(app, '.git'))
  writeFileSync(join(app, '.git/HEAD'), 'ref: refs/heads/main')
  return app
}
