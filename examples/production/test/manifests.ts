import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as client from '@kubernetes/client-node'
import * as monitoring from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import * as apps from 'kubernetes-models/apps/v1'
import * as autoscaling from 'kubernetes-models/autoscaling/v2'
import * as networking from 'kubernetes-models/networking.k8s.io/v1'
import * as policy from 'kubernetes-models/policy/v1'
import * as core from 'kubernetes-models/v1'
import { parseAllDocuments } from 'yaml'

type Models = Record<string, new (data: object) => { validate(): void }>

const models = {
  v1: core,
  'apps/v1': apps,
  'autoscaling/v2': autoscaling,
  'networking.k8s.io/v1': networking,
  'policy/v1': policy,
  'monitoring.coreos.com/v1': monitoring
} as unknown as Record<string, Models | undefined>

/** A Kubernetes object, as parsed. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
  // oxlint-disable-next-line typescript/no-explicit-any -- what a manifest holds is what these checks find out
  [field: string]: any
}

/** All objects in the YAML files of a folder. */
export function readManifests(folder: string): Manifest[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .flatMap((name) => parse(readFileSync(join(folder, name), 'utf8')))
}

/** What kustomize makes of an overlay. */
export function kustomize(folder: string): Manifest[] {
  const built = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })
  if (built.status !== 0) throw new Error(built.stderr)
  return parse(built.stdout)
}

const parse = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest)

/** Everything that is wrong: with each object's schema, with unknown fields, and with how the objects fit together. */
export function problemsOf(manifests: readonly Manifest[], app: RealApp): string[] {
  return [
    ...manifests.flatMap(schemaProblems),
    ...manifests.flatMap(unknownFields),
    ...checklist(manifests),
    ...agreement(manifests, app)
  ]
}

/** What the templates must agree with: what the app really does. */
export interface RealApp {
  port: number
  managementPort: number
  paths: { startup: string; live: string; ready: string }
  /** Milliseconds that a drain may take. */
  drainBudget: number
  variables: ReadonlySet<string>
}

function schemaProblems(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest
  const Model = models[apiVersion]?.[kind]
  if (Model === undefined) return [`${kind}: no such kind in ${apiVersion}`]
  try {
    new Model(manifest).validate()
    return []
  } catch (error) {
    return [`${kind} ${manifest.metadata.name}: ${(error as Error).message}`]
  }
}

interface Attributes {
  getAttributeTypeMap(): { baseName: string; type: string }[]
}

/** The API server drops fields that it doesn't know, silently: a misspelt `readOnlyRootFilesystem` protects nothing. */
function unknownFields(manifest: Manifest): string[] {
  const version = manifest.apiVersion.split('/').at(-1) ?? ''
  const type = `${version[0]?.toUpperCase()}${version.slice(1)}${manifest.kind}`
  return walk(manifest, type, `${manifest.kind} ${manifest.metadata.name}`)
}

function walk(value: unknown, type: string, path: string): string[] {
  const item = type.match(/^Array<(.*)>$/)?.[1]
  if (item !== undefined)
    return Array.isArray(value) ? value.flatMap((entry, i) => walk(entry, item, `${path}[${i}]`)) : []

  const model = (client as unknown as Record<string, Attributes | undefined>)[type]
  if (typeof value !== 'object' || value === null || typeof model?.getAttributeTypeMap !== 'function')
    return []
  const attributes = new Map(model.getAttributeTypeMap().map(({ baseName, type }) => [baseName, type]))
  return Object.entries(value).flatMap(([key, entry]) => {
    const next = attributes.get(key)
    return next === undefined ? [`${path}.${key}: no such field`] : walk(entry, next, `${path}.${key}`)
  })
}

const ofKind = (manifests: readonly Manifest[], kind: string): Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind)

/** What a reviewer of a Deployment looks for. */
function checklist(manifests: readonly Manifest[]): string[] {
  const problems: string[] = []
  const must = (holds: unknown, problem: string) => {
    if (!holds) problems.push(problem)
  }
  for (const deployment of ofKind(manifests, 'Deployment')) {
    const pod = deployment.spec.template.spec
    must(pod.serviceAccountName && pod.serviceAccountName !== 'default', 'default-service-account')
    must(pod.automountServiceAccountToken === false, 'service account token is mounted')
    must(pod.securityContext?.runAsNonRoot === true, 'run-as-non-root')
    must(pod.securityContext?.seccompProfile?.type === 'RuntimeDefault', 'seccomp profile')
    must(pod.topologySpreadConstraints?.length > 0, 'no-anti-affinity')
    must(deployment.spec.strategy?.rollingUpdate?.maxUnavailable === 0, 'a rollout may take capacity away')
    for (const container of pod.containers) {
      const context = container.securityContext ?? {}
      must(context.privileged !== true, 'privileged-container')
      must(context.allowPrivilegeEscalation === false, 'privilege-escalation')
      must(context.readOnlyRootFilesystem === true, 'read-only-root-fs')
      must(context.capabilities?.drop?.includes('ALL'), 'drop-net-raw')
      must(/:[^:/]+$/.test(container.image) && !container.image.endsWith(':latest'), 'latest-tag')
      must(container.resources?.requests?.cpu && container.resources.requests.memory, 'requests')
      must(container.resources?.limits?.memory, 'memory limit')
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
        must(container[probe], `no ${probe}`)
      const secrets = (container.env ?? []).filter(
        ({ name, value }: { name: string; value?: string }) =>
          value !== undefined && /SECRET|PASSWORD|TOKEN|_DSN$/.test(name) && !name.endsWith('_FILE')
      )
      must(secrets.length === 0, 'env-var-secret')
    }
  }
  for (const { data } of ofKind(manifests, 'ConfigMap')) {
    const secret = Object.keys(data ?? {}).find((name) => /SECRET|PASSWORD|TOKEN/.test(name))
    must(secret === undefined, `${secret} is in a ConfigMap`)
  }
  return problems
}

/** Whether selectors, ports, paths and budgets name what is there. */
function agreement(manifests: readonly Manifest[], app: RealApp): string[] {
  const problems: string[] = []
  const must = (holds: unknown, problem: string) => {
    if (!holds) problems.push(problem)
  }
  const names = (kind: string) => new Set(ofKind(manifests, kind).map(({ metadata }) => metadata.name))
  const covers = (selector: Record<string, string>, labels: Record<string, string> = {}) =>
    Object.entries(selector).every(([key, value]) => labels[key] === value)

  for (const deployment of ofKind(manifests, 'Deployment')) {
    const { template, selector } = deployment.spec
    const [container] = template.spec.containers
    const portOf = (name: string) =>
      container.ports?.find((port: { name: string }) => port.name === name)?.containerPort as
        | number
        | undefined

    must(covers(selector.matchLabels, template.metadata.labels), 'mismatching-selector')
    must(portOf('http') === app.port, 'the http port is not the one the app listens on')
    must(portOf('management') === app.managementPort, "the management port is not the app's")
    must(names('ServiceAccount').has(template.spec.serviceAccountName), 'the service account is not defined')
    for (const [probe, path] of [
      ['startupProbe', app.paths.startup],
      ['livenessProbe', app.paths.live],
      ['readinessProbe', app.paths.ready]
    ] as const) {
      must(container[probe]?.httpGet?.path === path, `${probe} asks another path than ${path}`)
      must(portOf(container[probe]?.httpGet?.port) !== undefined, `${probe} asks a port that is not there`)
    }
    must(
      template.spec.terminationGracePeriodSeconds * 1000 > app.drainBudget,
      `the grace period is shorter than the drain's ${app.drainBudget} ms`
    )
    for (const { configMapRef } of container.envFrom ?? []) {
      must(names('ConfigMap').has(configMapRef?.name), 'the config map is not defined')
    }
    const mounts = new Set(template.spec.volumes?.map(({ name }: { name: string }) => name))
    for (const { name } of container.volumeMounts ?? [])
      must(mounts.has(name), `volume ${name} is not defined`)
    const given = [
      ...(container.env ?? []).map(({ name }: { name: string }) => name.replace(/_FILE$/, '')),
      ...ofKind(manifests, 'ConfigMap').flatMap(({ data }) => Object.keys(data ?? {}))
    ]
    for (const name of given) must(app.variables.has(name), `${name} is no variable of the app`)
  }

  const pods = ofKind(manifests, 'Deployment').map(({ spec }) => spec.template.metadata.labels)
  for (const service of ofKind(manifests, 'Service')) {
    must(
      pods.some((labels) => covers(service.spec.selector, labels)),
      `dangling-service ${service.metadata.name}`
    )
    for (const { targetPort } of service.spec.ports) {
      const known = ofKind(manifests, 'Deployment').some(({ spec }) =>
        spec.template.spec.containers[0].ports?.some((port: { name: string }) => port.name === targetPort)
      )
      must(known, `service ${service.metadata.name} points at port ${targetPort}, which is not there`)
    }
  }
  for (const kind of ['NetworkPolicy', 'PodDisruptionBudget']) {
    for (const { spec } of ofKind(manifests, kind)) {
      const selector = (spec.podSelector ?? spec.selector).matchLabels
      must(
        pods.some((labels) => covers(selector, labels)),
        `${kind} selects nothing`
      )
    }
  }
  for (const { spec } of ofKind(manifests, 'HorizontalPodAutoscaler')) {
    must(names('Deployment').has(spec.scaleTargetRef.name), 'the autoscaler scales nothing')
  }
  for (const { spec } of ofKind(manifests, 'ServiceMonitor')) {
    const services = ofKind(manifests, 'Service').filter(({ metadata }) =>
      covers(spec.selector.matchLabels, metadata.labels)
    )
    must(services.length === 1, 'the ServiceMonitor selects no service')
    for (const { port } of spec.endpoints) {
      must(
        services[0]?.spec.ports.some(({ name }: { name: string }) => name === port),
        'the ServiceMonitor scrapes a port that is not there'
      )
    }
  }
  return problems
}
