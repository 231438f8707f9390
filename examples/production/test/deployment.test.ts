import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { requires, run, temporaryFolder } from '@seaworthy/testing'
import Fastify from 'fastify'
import { environmentExample, environmentSchema, fromEnv, seaworthy, serverOptions } from 'fastify-seaworthy'
import t from 'tap'
import '../../../packages/preset/test/parts.ts'
import { runInit } from '../../../packages/preset/src/init/init.ts'
import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { environment } from '../src/environment.ts'
import { agreement } from './agreement.ts'
import { composeProblems, readCompose } from './compose.ts'
import { generatedFiles } from './generate.ts'
import { kustomize, problemsOf, readManifests, type Manifest } from './manifests.ts'
import { composeMutations, kubernetesMutations, overlayMutations } from './mutations.ts'
import { askRealApp, type RealApp, type Recipe } from './real-app.ts'
import { unitProblems } from './unit.ts'

/** An app's folder with the templates in it, and how the app itself is made. */
interface Deployed {
  what: string
  name: string
  folder: string
  recipe: Recipe
}

const example: Deployed = {
  what: 'the example',
  name: 'harbour',
  folder: join(import.meta.dirname, '..'),
  recipe: {
    schema: environment,
    config: readConfig,
    build: async (env) => buildApp(readConfig(env))
  }
}

/** A new app of a user, with everything that `fastify-seaworthy init` writes. */
async function newApp(): Promise<Deployed> {
  const folder = temporaryFolder(t, 'new-app')
  const manifest = {
    name: '@acme/orders',
    main: 'src/main.js',
    dependencies: { ioredis: '^6.0.0', pg: '^8.0.0' }
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const { code, lines } = await runInit(['all', '--port', '8080'], folder, async () => environmentExample())
  if (code !== 0) throw new Error(lines.join('\n'))
  // Of its own it has what the templates' database needs.
  const { DB_HOST, DB_NAME, DB_USER, DB_PASSWORD } = environment.properties
  const schema = { properties: { DB_HOST, DB_NAME, DB_USER, DB_PASSWORD } }
  return {
    what: 'a new app',
    name: 'orders',
    folder,
    recipe: {
      schema,
      config: (env) => fromEnv(env, { schema }),
      async build(env) {
        const config = fromEnv(env, { schema })
        const app = Fastify(serverOptions(config))
        await app.register(seaworthy, config)
        return app
      }
    }
  }
}

for (const { what, name, folder, recipe } of [example, await newApp()]) {
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  const base = () => readManifests(join(folder, 'kubernetes/base'))
  let app: RealApp
  const problems = (manifests: Manifest[]) => [...problemsOf(manifests), ...agreement(manifests, app)]

  t.test(`${what}: the templates have no faults, and agree with the running app`, async (t) => {
    app = await askRealApp(t, base(), recipe)
    t.strictSame(problems(base()), [], 'the Kubernetes base')
    t.strictSame(composeProblems(folder, readCompose(folder), app), [], 'the compose file')
    t.strictSame(unitProblems(read(`systemd/${name}.service`), app), [], 'the systemd unit')
    t.match(read('Dockerfile'), new RegExp(`^EXPOSE ${app.port}$`, 'm'))
    t.match(read('Dockerfile'), new RegExp(`^ENV .*PORT=${app.port}$`, 'm'))
  })

  t.test(`${what}: each fault in the Kubernetes base is caught`, async (t) => {
    for (const [fault, [mutate, caught]] of Object.entries(kubernetesMutations)) {
      const manifests = base()
      mutate(manifests)
      t.match(problems(manifests).join('\n'), caught, fault)
    }
  })

  t.test(`${what}: each fault in the compose file is caught`, async (t) => {
    for (const [fault, [mutate, caught]] of Object.entries(composeMutations)) {
      const compose = readCompose(folder)
      mutate(compose.services[name], compose)
      t.match(composeProblems(folder, compose, app).join('\n'), caught, fault)
    }
  })

  requires(
    ['kubectl'],
    `${what}: kustomize builds the base and the overlay, and each fault is caught`,
    async (t) => {
      t.strictSame(problems(kustomize(join(folder, 'kubernetes/base'))), [])
      const built = () => structuredClone(production)
      const production = kustomize(join(folder, 'kubernetes/overlays/production'))
      t.strictSame(problems(built()), [])
      t.strictSame([...new Set(production.map(({ kind }) => kind))].toSorted(), [
        'ConfigMap',
        'Deployment',
        'HorizontalPodAutoscaler',
        'NetworkPolicy',
        'PodDisruptionBudget',
        'PrometheusRule',
        'Service',
        'ServiceAccount',
        'ServiceMonitor'
      ])
      t.ok(production.every(({ metadata }) => metadata.namespace === 'production'))
      for (const [fault, [mutate, caught]] of Object.entries(overlayMutations)) {
        const manifests = built()
        mutate(manifests)
        t.match(problems(manifests).join('\n'), caught, fault)
      }
    }
  )

  requires(['promtool'], `${what}: Prometheus accepts its configuration and rules`, async (t) => {
    const here = temporaryFolder(t, 'prometheus')
    cpSync(join(folder, 'prometheus'), here, { recursive: true })
    writeFileSync(join(here, 'token'), 'x')
    const text = read('prometheus/prometheus.yml')
      .replace('/etc/prometheus', here)
      .replace('/run/secrets/management_token', join(here, 'token'))
    writeFileSync(join(here, 'prometheus.yml'), text)
    t.match(run('promtool', ['check', 'config', join(here, 'prometheus.yml')]), /2 rule files found/)
  })

  requires(['systemd-analyze'], `${what}: systemd understands the unit`, async (t) => {
    const here = temporaryFolder(t, 'unit')
    // It looks for the program, which is not on every machine at the same place.
    const unit = read(`systemd/${name}.service`).replace('/usr/bin/node', process.execPath)
    writeFileSync(join(here, `${name}.service`), unit)
    run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', join(here, `${name}.service`)])
    writeFileSync(join(here, `${name}.service`), unit.replace('WatchdogSec', 'WatchdogSecs'))
    t.throws(() =>
      run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', join(here, `${name}.service`)])
    )
  })
}

t.test('what is made from other files is up to date', async (t) => {
  for (const [path, text] of Object.entries(generatedFiles())) {
    const file = join(example.folder, path)
    t.equal(existsSync(file) ? readFileSync(file, 'utf8') : '', text, `${path}: test/generate.ts writes it`)
  }
})

t.test('the example environment names every variable, and no usable secret', async (t) => {
  const text = readFileSync(join(example.folder, '.env.production.example'), 'utf8')
  const properties = { ...environmentSchema.properties, ...environment.properties }
  const everything = parseEnv(text.replace(/^# (?=[A-Z_]+=)/gm, '')) as Record<string, string>
  t.strictSame(Object.keys(everything).toSorted(), Object.keys(properties).toSorted())
  const secrets = Object.entries(properties).filter(([, variable]) => 'secret' in variable)
  for (const [name] of secrets) t.equal(everything[name], '', `${name} is empty`)

  t.throws(() => readConfig(parseEnv(text)), { message: /has a problem:\n  - JWT_SECRET is required[^\n]*$/ })
  const JWT_SECRET = randomBytes(48).toString('base64')
  t.match(readConfig({ ...parseEnv(text), JWT_SECRET }).listen, { host: '0.0.0.0', port: 3000 })
  t.ok(readConfig({ ...everything, JWT_SECRET }), 'every example is a value that is accepted')
})

t.test('the build context keeps secrets and history out', async (t) => {
  const lines = readFileSync(join(example.folder, '.dockerignore'), 'utf8').split('\n')
  const first = lines.find((line) => line && !line.startsWith('#'))
  t.equal(first, '*', 'nothing enters unless it is named')
  for (const line of ['**/.env', '**/*.key']) t.ok(lines.includes(line))
})
