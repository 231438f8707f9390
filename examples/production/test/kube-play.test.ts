import { randomBytes } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  freePort,
  run,
  startPostgres,
  startRedis,
  temporaryFolder,
  until,
  type Registry
} from '@seaworthy/testing'
import type { Test } from 'tap'
import { stringify } from 'yaml'
import { testInContainers, type Containers } from './image.ts'
import { readManifests, type Manifest } from './manifests.ts'

testInContainers('the Kubernetes base comes up, on a real database, and goes down', play, {
  commands: ['redis-server', 'initdb']
})

/** The example as a user has it outside of this repository: its dependencies come from the registry. */
function exampleApp(t: Test, registry: Registry): string {
  const app = temporaryFolder(t, 'example')
  const here = join(import.meta.dirname, '..')
  for (const path of ['src', 'Dockerfile', '.dockerignore']) {
    cpSync(join(here, path), join(app, path), { recursive: true })
  }
  const manifest = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')) as {
    devDependencies?: object
  }
  delete manifest.devDependencies
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest).replaceAll('workspace:^', '^1.0.0'))
  run('npm', ['install', '--package-lock-only'], { cwd: app, env: registry.env })
  return app
}

const token = randomBytes(32).toString('base64')
const encoded = (text: string) => Buffer.from(text).toString('base64')

/** The base as it is, but for where this machine's database, ports and addresses are. */
async function baseFor(t: Test, port: number, managementPort: number): Promise<Manifest[]> {
  const [postgres, redis] = await Promise.all([startPostgres(t), startRedis(t)])
  const manifests = readManifests(join(import.meta.dirname, '../kubernetes/base')).filter(({ kind }) =>
    ['ConfigMap', 'Deployment'].includes(kind)
  )
  Object.assign(manifests.find(({ kind }) => kind === 'ConfigMap')!.data, {
    HOST: '127.0.0.1',
    PORT: `${port}`,
    DRAIN_DELAY: '500',
    DB_HOST: '127.0.0.1',
    DB_PORT: `${postgres.port}`,
    DB_NAME: 'postgres',
    DB_USER: 'postgres',
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: `${redis.port}`,
    MANAGEMENT_HOST: '127.0.0.1',
    MANAGEMENT_PORT: `${managementPort}`
  })
  const { spec } = manifests.find(({ kind }) => kind === 'Deployment')!
  const pod = spec.template.spec
  const [container] = pod.containers
  spec.replicas = 1
  container.image = 'localhost/harbour:1.0.0'
  // The host's network has no ports to map.
  pod.hostNetwork = true
  delete container.ports
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    container[probe].httpGet.port = port
  }
  // Which podman 4.3 takes for granted, and Kubernetes for false.
  pod.volumes[0].secret.optional = false
  // Podman 4.3 mounts a secret's data as they are written, later ones decode them: everything here may be either,
  // which a session's key of exactly 32 bytes may not.
  container.env = container.env.filter(({ name }: { name: string }) => name !== 'SESSION_SECRET_FILE')
  const random = () => encoded(randomBytes(32).toString('base64'))
  const data = { jwt_secret: random(), db_password: random(), management_token: encoded(token) }
  return [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'harbour' }, data }, ...manifests]
}

async function play(t: Test, tools: Containers, registry: Registry): Promise<void> {
  tools.build(exampleApp(t, registry), 'localhost/harbour:1.0.0', registry.env.npm_config_userconfig!)
  const [port, managementPort] = [await freePort(), await freePort()]
  const file = join(temporaryFolder(t, 'kube'), 'harbour.yaml')
  const manifests = await baseFor(t, port, managementPort)
  writeFileSync(file, manifests.map((manifest) => stringify(manifest)).join('---\n'))

  tools.podman('kube', 'play', '--network', 'host', file)
  const states = () => tools.podman('ps', '--all', '--format', '{{.Names}} {{.Status}} {{.ExitCode}}')
  const url = `http://127.0.0.1:${port}`
  await until(
    'the pod to be ready',
    async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok,
    60_000
  ).catch(async (cause: unknown) => {
    // The app writes to both of its outputs.
    const logs = tools.start(t, 'pod', 'logs', '--tail', '40', tools.podman('pod', 'ps', '--quiet').trim())
    await logs.exit
    throw new Error(`${states()}\n${logs.output()}`, { cause })
  })

  const post = async (path: string, body: object) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
  const user = { email: 'ada@example.com', password: 'a rather long password' }
  t.equal((await post('/users', { ...user, name: 'Ada' })).status, 201)
  const { accessToken } = (await (await post('/login', user)).json()) as { accessToken: string }
  const headers = { authorization: `Bearer ${accessToken}` }
  t.match(await (await fetch(`${url}/profile`, { headers })).json(), { email: user.email })

  const metrics = `http://127.0.0.1:${managementPort}/metrics`
  t.equal((await fetch(metrics)).status, 401)
  const answers = await Promise.all(
    [token, encoded(token)].map(async (value) => {
      const answer = await fetch(metrics, { headers: { authorization: `Bearer ${value}` } })
      return answer.text()
    })
  )
  t.match(answers.join('\n'), /http_requests_total\{.*route="\/users"/)

  tools.podman('pod', 'stop', '--all')
  t.match(states(), /harbour-pod\S*-harbour .* 0$/m)
}
