import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  commit,
  copyWorkspace,
  giveVersions,
  packageNames,
  releaseLocally,
  releaseObjections,
  root,
  run,
  temporaryFolder
} from '@seaworthy/testing'
import t, { type Test } from 'tap'

interface Manifest {
  name: string
  version: string
  private?: boolean
  exports?: object
  dependencies?: Record<string, string>
}

const sample = `
const app = Fastify({ ...serverOptions(), logger: false })
await app.register(seaworthy)
const answer = await app.inject('/health/live')
await app.close()
if (answer.statusCode !== 200) throw new Error('liveness answered ' + answer.statusCode)
`

const programs: Record<string, string> = {
  'app.mjs': `import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'
${sample}
import plugin from 'fastify-seaworthy'
import { createRequire } from 'node:module'
const required = createRequire(import.meta.url)('fastify-seaworthy')
if (required !== plugin || required.seaworthy !== seaworthy) throw new Error('import and require differ')
`,
  'app.cjs': `const Fastify = require('fastify')
const { seaworthy, serverOptions } = require('fastify-seaworthy')
async function main () {${sample}}
main()
`,
  'app.mts': `import Fastify from 'fastify'
import { fromEnv, seaworthy, serverOptions, type SeaworthyOptions } from 'fastify-seaworthy'
const options: SeaworthyOptions = { security: { rateLimit: { max: 10 } } }
const app = Fastify(serverOptions(options))
await app.register(seaworthy, options)
app.get('/x', { onRequest: [app.authorize('admin')], config: { rateLimit: { max: 5 } } }, async (request) => ({
  left: request.deadline.remaining()
}))
app.health.addCheck('x', async () => true)
const port: number = fromEnv({}).listen.port
export { port }
`
}

/** Makes a folder with the programs, and a package.json without dependencies. */
function freshApp(t: Test): string {
  const folder = temporaryFolder(t, 'app')
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'app', version: '1.0.0', private: true })
  )
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, name), text)
  return folder
}

const nodes = () => {
  const matrix = join(root, '.ci/matrix')
  run(
    process.execPath,
    [join(root, 'node_modules/pnpm/bin/pnpm.mjs'), 'install', '--ignore-workspace', '--frozen-lockfile'],
    { cwd: matrix }
  )
  return ['node22', 'node24', 'node26'].map((name) => join(matrix, 'node_modules', name, 'bin/node'))
}

// An install through a local registry depends on the network.
t.setTimeout(600_000)

t.test('nothing is released without a version, a changelog and a commit', async (t) => {
  const copy = copyWorkspace(t)
  giveVersions(copy)
  t.equal(releaseObjections(copy), '', 'the state of the release workflow has no objection')

  const file = join(copy, 'packages/health/package.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest
  const withVersion = (version: string) => writeFileSync(file, JSON.stringify({ ...manifest, version }))

  withVersion('0.0.0')
  t.match(releaseObjections(copy), /changes that are not committed/)
  commit(copy)
  t.match(releaseObjections(copy), '@seaworthy/health has no version yet: it is 0.0.0')

  withVersion('99.0.0')
  commit(copy)
  t.match(releaseObjections(copy), 'packages/health/CHANGELOG.md says nothing of 99.0.0')

  withVersion(manifest.version)
  writeFileSync(join(copy, '.changeset/next.md'), "---\n'@seaworthy/health': patch\n---\n\nA change.\n")
  commit(copy)
  t.match(releaseObjections(copy), /changesets without a version/)
})

t.test('a release installs from a registry', { timeout: 600_000 }, async (t) => {
  const registry = await releaseLocally(t)

  await t.test('npm installs the preset, and it runs on every supported Node', async (t) => {
    const app = freshApp(t)
    const printed = run('npm', ['install', '--no-progress', 'fastify', 'fastify-seaworthy'], {
      cwd: app,
      env: registry.env
    })
    t.notMatch(printed, /peer/i, 'no warning about peers')
    for (const node of nodes()) {
      for (const program of ['app.mjs', 'app.cjs']) run(node, [program], { cwd: app, env: registry.env })
    }
    t.pass('ran')

    const installed = JSON.parse(
      readFileSync(join(app, 'node_modules/fastify-seaworthy/package.json'), 'utf8')
    ) as Manifest
    t.match(installed.version, /^[1-9]\d*\.\d+\.\d+$/, 'a version from changesets')
    const ofWorkspace = /workspace:|@seaworthy\/(?:source|contract|testing)|devDependencies/
    t.notMatch(JSON.stringify(installed), ofWorkspace, 'no reference to the workspace')
    t.strictSame(readdirSync(join(app, 'node_modules/fastify-seaworthy')).toSorted(), [
      'LICENSE',
      'MIGRATION.md',
      'README.md',
      'dist',
      'package.json',
      'templates'
    ])

    const tsc = join(root, 'node_modules/typescript7/bin/tsc')
    for (const resolution of ['nodenext', 'bundler']) {
      const module = resolution === 'bundler' ? 'esnext' : resolution
      const flags = [
        '--noEmit',
        '--strict',
        '--target',
        'es2023',
        '--module',
        module,
        '--moduleResolution',
        resolution
      ]
      const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node', '--skipLibCheck']
      run(process.execPath, [tsc, ...flags, ...types, 'app.mts'], { cwd: app })
    }
    t.pass('strict TypeScript sees every decorator and route option')

    const sbom = JSON.parse(
      run('npm', ['sbom', '--sbom-format', 'cyclonedx'], { cwd: app, env: registry.env })
    ) as {
      components: { name: string }[]
    }
    t.ok(sbom.components.some(({ name }) => name === 'fastify-seaworthy'))

    const init = run('npx', ['--no-install', 'fastify-seaworthy', 'init', 'docker'], {
      cwd: app,
      env: registry.env
    })
    t.match(init, /wrote +Dockerfile/)
  })

  await t.test('pnpm installs it too', async (t) => {
    const app = freshApp(t)
    const pnpm = join(root, 'node_modules/pnpm/bin/pnpm.mjs')
    const settings = [
      '--ignore-workspace',
      '--store-dir',
      registry.env.npm_config_store_dir!,
      '--config.minimumReleaseAge=0'
    ]
    run(process.execPath, [pnpm, 'add', 'fastify', 'fastify-seaworthy', ...settings], {
      cwd: app,
      env: registry.env
    })
    run(process.execPath, ['app.mjs'], { cwd: app, env: registry.env })
    t.pass('ran')
  })

  for (const name of packageNames.filter((name) => name.startsWith('@'))) {
    await t.test(`${name} installs and loads alone`, async (t) => {
      const app = temporaryFolder(t, 'alone')
      writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true }))
      run('npm', ['install', '--no-progress', '--prefer-offline', 'fastify', name], {
        cwd: app,
        env: registry.env
      })
      const siblings = readdirSync(join(app, 'node_modules/@seaworthy'))
      t.strictSame(siblings, [name.split('/')[1]], 'no sibling is installed')
      const program = `import plugin, * as all from '${name}'
import { createRequire } from 'node:module'
import Fastify from 'fastify'
if (createRequire(process.cwd() + '/x.js')('${name}') !== plugin) throw new Error('two instances')
const app = Fastify()
await app.register(plugin)
await app.ready()
await app.close()
if (all.default !== plugin) throw new Error('no default')`
      mkdirSync(join(app, 'x'))
      run(process.execPath, ['--input-type=module', '-e', program], { cwd: app })
      t.pass('loads')
    })
  }
})
