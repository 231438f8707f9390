import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { parse } from 'yaml'
import type { Manifest } from './manifests.ts'
import type { RealApp } from './real-app.ts'

const require = createRequire(import.meta.url)
const schemaFile = join(require.resolve('dclint/package.json'), '../schemas/compose.schema.json')
const { $schema: _, ...schema } = JSON.parse(readFileSync(schemaFile, 'utf8')) as Record<string, unknown>
const validate = new Ajv2019({ strict: false, logger: false, validateFormats: false }).compile(schema)

export const readCompose = (folder: string): Manifest =>
  parse(readFileSync(join(folder, 'compose.yaml'), 'utf8')) as Manifest

/** Everything that is wrong with a compose file, with what it names, and with how it fits the app. */
export function composeProblems(folder: string, compose: Manifest, app: RealApp): string[] {
  if (!validate(compose))
    return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)

  const problems: string[] = []
  const must = (holds: unknown, problem: string) => {
    if (!holds) problems.push(problem)
  }
  const services = compose.services as Record<string, Manifest>
  const secrets = (compose.secrets ?? {}) as Record<string, { file: string }>
  must(!('version' in compose), 'version is obsolete')
  for (const { file } of Object.values(secrets)) must(file.startsWith('./secrets/'), `${file} is no secret`)

  for (const [name, service] of Object.entries(services)) {
    must(service.read_only === true, `${name} may write to its own files`)
    must(service.cap_drop?.includes('ALL'), `${name} keeps capabilities`)
    must(service.security_opt?.includes('no-new-privileges:true'), `${name} may gain privileges`)
    must(service.restart === 'unless-stopped', `${name} stays down`)
    must(service.build || /:v?\d+\.\d+[^:]*$/.test(service.image ?? ''), `${name} has no pinned image`)
    for (const secret of service.secrets ?? [])
      must(secret in secrets, `${name} uses ${secret}, which is not defined`)
    for (const port of (service.ports ?? []) as string[])
      must(port.startsWith('127.0.0.1:'), `${name} listens to the world`)
    for (const volume of (service.volumes ?? []) as string[]) {
      const [source = ''] = volume.split(':')
      const there = source.startsWith('./') ? existsSync(join(folder, source)) : source in compose.volumes
      must(there, `${name} mounts ${source}, which is not there`)
    }
    for (const [variable, value] of Object.entries((service.environment ?? {}) as Record<string, string>)) {
      must(
        !/SECRET|PASSWORD|TOKEN/.test(variable) || variable.endsWith('_FILE'),
        `${variable} is a secret in the file`
      )
      const file = variable.endsWith('_FILE') ? value.replace('/run/secrets/', '') : undefined
      must(file === undefined || service.secrets?.includes(file), `${name} has no file for ${variable}`)
    }
    for (const [other, { condition }] of Object.entries(
      (service.depends_on ?? {}) as Record<string, Manifest>
    )) {
      if (condition === undefined) continue
      must(condition === 'service_healthy', `${name} does not wait until ${other} is healthy`)
      must(services[other]?.healthcheck, `${other} does not say when it is healthy`)
    }
  }

  const [builtService = ''] = Object.entries(services).find(([, { build }]) => build) ?? []
  const {
    environment,
    ports,
    healthcheck,
    stop_grace_period: grace,
    mem_limit: memory
  } = services[builtService]!
  for (const variable of Object.keys(environment)) {
    must(app.variables.has(variable.replace(/_FILE$/, '')), `${variable} is no variable of the app`)
  }
  must(
    Number.parseInt(grace) * 1000 > app.drainBudget,
    `the stop's grace is shorter than ${app.drainBudget} ms`
  )
  must(
    `${environment.TERMINATION_GRACE_PERIOD_SECONDS}s` === grace,
    'the app expects another grace than it gets'
  )
  must(Number(environment.PORT) === app.port, 'PORT is not the port of the app')
  must(ports.includes(`127.0.0.1:${app.port}:${app.port}`), 'another port is published')
  must(healthcheck?.test?.join(' ').includes(`:${app.port}/health/ready`), 'health does not ask readiness')
  must(memory, 'the app has no memory limit')
  return [...problems, ...monitoringProblems(folder, compose, builtService, environment.MANAGEMENT_PORT)]
}

/** Whether Prometheus finds the app, its token and its rules, and Grafana its data and its dashboards. */
function monitoringProblems(
  folder: string,
  compose: Manifest,
  own: string,
  managementPort: string
): string[] {
  const read = (path: string) => parse(readFileSync(join(folder, path), 'utf8')) as Manifest
  const [
    {
      static_configs: [{ targets }],
      authorization
    }
  ] = read('prometheus/prometheus.yml').scrape_configs
  const [source] = read('grafana/provisioning/datasources/prometheus.yaml').datasources
  const [provider] = read('grafana/provisioning/dashboards/seaworthy.yaml').providers
  const mounted = (compose.services.grafana.volumes as string[]).some((volume) =>
    volume.startsWith(`./grafana/dashboards:${provider.options.path}`)
  )
  return [
    ...(targets[0] === `${own}:${managementPort}` ? [] : ['Prometheus scrapes another target']),
    ...(authorization.credentials_file === '/run/secrets/management_token'
      ? []
      : ['Prometheus has no token']),
    ...(source.url === 'http://prometheus:9090' ? [] : ['Grafana queries another source']),
    ...(mounted ? [] : ['Grafana has no dashboards'])
  ]
}
