import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { requires } from '@seaworthy/testing'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { environmentSchema } from 'fastify-seaworthy'
import t from 'tap'
import { parse } from 'yaml'
import { environment } from '../src/environment.ts'
import { kustomize, problemsOf, readManifests, type Manifest, type RealApp } from './manifests.ts'

const require = createRequire(import.meta.url)
const folder = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(folder, path), 'utf8')

const app: RealApp = {
  port: 3000,
  managementPort: 9464,
  paths: { startup: '/health/startup', live: '/health/live', ready: '/health/ready' },
  drainBudget: 30_000,
  variables: new Set([
    ...Object.keys(environmentSchema.properties),
    ...Object.keys(environment.properties),
    'TERMINATION_GRACE_PERIOD_SECONDS'
  ])
}

t.test('the Kubernetes base has nothing to complain about', async (t) => {
  t.strictSame(problemsOf(readManifests(join(folder, 'kubernetes/base')), app), [])
})

requires(['kubectl'], 'the production overlay builds and has nothing to complain about', async (t) => {
  const manifests = kustomize(join(folder, 'kubernetes/overlays/production'))
  t.strictSame(problemsOf(manifests, app), [])
  t.strictSame([...new Set(manifests.map(({ kind }) => kind))].toSorted(), [
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
  t.ok(manifests.every(({ metadata }) => metadata.namespace === 'production'))
})

/** Changes the Deployment's container. */
const container = (change: (container: Manifest) => void) => (manifests: Manifest[]) => {
  change(manifests.find(({ kind }) => kind === 'Deployment')!.spec.template.spec.containers[0])
}
/** Changes the Deployment's pod. */
const pod = (change: (pod: Manifest) => void) => (manifests: Manifest[]) => {
  change(manifests.find(({ kind }) => kind === 'Deployment')!.spec.template.spec)
}
const service = (change: (spec: Manifest) => void) => (manifests: Manifest[]) => {
  change(manifests.find(({ kind }) => kind === 'Service')!.spec)
}

const mutations: Record<string, [change: (manifests: Manifest[]) => void, caught: RegExp]> = {
  'a misspelt security field': [
    container(({ securityContext }) => {
      securityContext.readOnlyRootFileSystem = securityContext.readOnlyRootFilesystem
      delete securityContext.readOnlyRootFilesystem
    }),
    /readOnlyRootFileSystem: no such field/
  ],
  'a privileged container': [container((c) => (c.securityContext.privileged = true)), /privileged-container/],
  'privilege escalation': [
    container((c) => (c.securityContext.allowPrivilegeEscalation = true)),
    /privilege-escalation/
  ],
  'a root user': [pod((p) => (p.securityContext.runAsNonRoot = false)), /run-as-non-root/],
  'kept capabilities': [container((c) => (c.securityContext.capabilities.drop = [])), /drop-net-raw/],
  'the latest tag': [container((c) => (c.image = 'harbour:latest')), /latest-tag/],
  'no tag': [container((c) => (c.image = 'harbour')), /latest-tag/],
  'no memory limit': [container((c) => delete c.resources.limits), /memory limit/],
  'no readiness probe': [container((c) => delete c.readinessProbe), /no readinessProbe/],
  'liveness that asks readiness': [
    container((c) => (c.livenessProbe.httpGet.path = '/health/ready')),
    /livenessProbe asks another path/
  ],
  'a probe on a port that is not there': [
    container((c) => (c.startupProbe.httpGet.port = 'web')),
    /startupProbe asks a port/
  ],
  'another port': [container((c) => (c.ports[0].containerPort = 8080)), /http port/],
  'a short grace period': [pod((p) => (p.terminationGracePeriodSeconds = 10)), /grace period/],
  'a secret in the environment': [
    container((c) => c.env.push({ name: 'JWT_SECRET', value: 'x' })),
    /env-var-secret/
  ],
  'a misspelt variable': [container((c) => c.env.push({ name: 'LOG_LEVLE', value: 'info' })), /LOG_LEVLE/],
  'a selector that selects nothing': [
    service((s) => (s.selector = { 'app.kubernetes.io/name': 'harbor' })),
    /dangling-service/
  ],
  'a service port that is not there': [service((s) => (s.ports[0].targetPort = 'web')), /points at port web/],
  'the default service account': [pod((p) => delete p.serviceAccountName), /default-service-account/],
  'a wrong type': [
    pod((p) => (p.terminationGracePeriodSeconds = '35s')),
    /terminationGracePeriodSeconds|grace period/
  ],
  'no spread': [pod((p) => delete p.topologySpreadConstraints), /no-anti-affinity/]
}
for (const [name, [mutate, caught]] of Object.entries(mutations)) {
  t.test(`catches ${name}`, async (t) => {
    const manifests = readManifests(join(folder, 'kubernetes/base'))
    mutate(manifests)
    t.match(problemsOf(manifests, app).join('\n'), caught)
  })
}

t.test('the compose file is valid, and agrees with the app', async (t) => {
  const compose = parse(read('compose.yaml'), { merge: true }) as Manifest
  const path = join(require.resolve('dclint/package.json'), '../schemas/compose.schema.json')
  const { $schema: _, ...schema } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  const validate = new Ajv2019({ strict: false, logger: false, validateFormats: false }).compile(schema)
  t.ok(validate(compose), JSON.stringify(validate.errors))

  const { harbour, ...others } = compose.services as Record<string, Manifest>
  t.notOk('version' in compose)
  t.match(harbour, { read_only: true, cap_drop: ['ALL'], init: true })
  t.ok(Number.parseInt(harbour!.stop_grace_period) * 1000 > app.drainBudget)
  for (const name of Object.keys(harbour!.environment)) {
    t.ok(app.variables.has(name.replace(/_FILE$/, '')), `${name} is a variable of the app`)
  }
  for (const [name, { condition }] of Object.entries(harbour!.depends_on as Record<string, Manifest>)) {
    t.equal(condition, 'service_healthy')
    t.ok(others[name]?.healthcheck, `${name} says when it is healthy`)
  }
  for (const { file } of Object.values(compose.secrets as Record<string, Manifest>))
    t.match(file, /^\.\/secrets\//)
  t.notMatch(read('compose.yaml'), /PASSWORD: \S/, 'no password in the file')
})

t.test('the PM2 file waits for the workers, and gives them time to drain', async (t) => {
  const { apps } = require('../ecosystem.config.cjs') as { apps: Manifest[] }
  t.match(apps[0], { wait_ready: true, exec_mode: 'cluster', env_production: { NODE_ENV: 'production' } })
  t.ok(apps[0]!.kill_timeout >= app.drainBudget)
  t.ok(apps[0]!.listen_timeout >= 10_000)
})

t.test('the systemd unit is notified, watched and given time to drain', async (t) => {
  const unit = read('systemd/harbour.service')
  for (const line of ['Type=notify', 'NoNewPrivileges=yes', 'ProtectSystem=strict', 'DynamicUser=yes']) {
    t.match(unit, new RegExp(`^${line}$`, 'm'))
  }
  const seconds = Number(unit.match(/^TimeoutStopSec=(\d+)s$/m)?.[1])
  t.ok(seconds * 1000 > app.drainBudget)
  t.match(unit, /^WatchdogSec=\d+s$/m)
})

t.test('the build context keeps secrets and history out', async (t) => {
  const lines = read('.dockerignore').split('\n')
  t.equal(
    lines.find((line) => line && !line.startsWith('#')),
    '*',
    'nothing enters unless it is named'
  )
  for (const line of ['**/.env', '**/*.key']) t.ok(lines.includes(line))
})
