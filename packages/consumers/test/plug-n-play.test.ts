// Yarn's Plug'n'Play keeps packages in archives. In a project of CommonJS, Node's loader of ES modules reads none of them, so
// that parts which are loaded when they are on must be found with `require`. Sessions and OAuth need Yarn's own loader there,
// because jose is ES modules, and without it the error says so.
import { releaseLocally, run, temporaryFolder, writeFiles } from '@seaworthy/testing'
import t from 'tap'
import { installTools, yarnBerry, yarnProject } from './tools.ts'

const service = `
const Fastify = require('fastify')
const { seaworthy, serverOptions } = require('fastify-seaworthy')

const options = {
  auth: {
    jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJkq3RrC0mB7x=' },
    ...(process.argv.includes('sessions') && { session: { key: 'q3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJkq3RrC0mB7xv=' } })
  },
  observability: { level: 'silent', management: { port: 0 }, blockedLoop: {}, metrics: { otlp: { url: 'http://127.0.0.1:1/v1/metrics' } } },
  shutdown: { exit: false, drainDelay: 0 }
}
async function main() {
  const app = Fastify(serverOptions(options))
  await app.register(seaworthy, options)
  app.get('/', { config: { auth: false } }, async () => 'served')
  await app.ready()
  console.log((await app.inject('/')).body)
  const page = await fetch('http://127.0.0.1:' + app.observability.management.port, { headers: { accept: 'text/html' } })
  console.log('page', page.status)
  await app.close()
}
main().catch(({ message }) => console.log(message))
`

t.test(
  "a CommonJS project with Plug'n'Play has the parts that are loaded late",
  { timeout: 600_000 },
  async (t) => {
    await installTools()
    const registry = await releaseLocally(t)
    const folder = temporaryFolder(t, 'app')
    const project = yarnProject(registry, 'pnp')
    writeFiles(folder, {
      'package.json': '{ "name": "app", "version": "1.0.0", "private": true }',
      ...project.files,
      'service.cjs': service
    })
    const env = { ...registry.env, ...project.env }
    run(process.execPath, [yarnBerry, 'add', 'fastify', 'fastify-seaworthy'], {
      cwd: folder,
      env,
      timeout: 300_000
    })
    const start = (...args: string[]) =>
      run(process.execPath, ['-r', './.pnp.cjs', ...args], { cwd: folder, env, timeout: 60_000 })
    t.match(start('service.cjs'), /served\npage 200/)
    t.match(start('service.cjs', 'sessions'), /^auth: Node cannot read the ES modules .*"yarn node"/)
    t.match(start('--loader', './.pnp.loader.mjs', 'service.cjs', 'sessions'), /served\npage 200/)
  }
)
