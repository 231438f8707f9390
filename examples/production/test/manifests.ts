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

/** The output of kustomize for an overlay. */
export function kustomize(folder: string): Manifest[] {
  const built = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })
  if (built.status !== 0) throw new Error(built.stderr)
  return parse(built.stdout)
}

const parse = (text: string): Manifest[] =>
  // As Kubernetes reads it: YAML 1.1, where 0440 is octal.
  parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS() as Manifest)

/** Everything that is wrong with the objects themselves: schema, unknown fields, and what a reviewer looks for. */
export function problemsOf(manifests: readonly Manifest[]): string[] {
  return [...manifests.flatMap(schemaProblems), ...manifests.flatMap(unknownFields), ...checklist(manifests)]
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
  const allowedFields = operatorFields[manifest.kind]
  if (allowedFields !== undefined) {
    return paths(manifest.spec, 'spec')
      .filter((path) => !allowedFields.test(path))
      .map(
        (path) =>
          `${manifest.kind} ${manifest.metadata.name}.${path}: no such field, or one not used here so far`
      )
  }
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

/** The operator's kinds are in no client: these are the fields of them that the templates use. */
const operatorFields: Record<string, RegExp | undefined> = {
  ServiceMonitor:
    /^spec\.(selector\.matchLabels\..+|endpoints\.(port|path|interval|authorization\.credentials\.(name|key)))$/,
  PrometheusRule: /^spec\.groups\.(name|rules\.(record|alert|expr|for|labels\.\w+|annotations\.\w+))$/
}

/** The path of every value, without the positions in lists. */
function paths(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [path]
  if (Array.isArray(value)) return value.flatMap((entry) => paths(entry, path))
  return Object.entries(value).flatMap(([key, entry]) => paths(entry, `${path}.${key}`))
}

export const ofKind = (manifests: readonly Manifest[], kind: string): Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind)

/** The rules that a reviewer of a Deployment applies. */
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
      must(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, 'a namespace of the host is shared')
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
  for (const { spec } of ofKind(manifests, 'HorizontalPodAutoscaler')) {
    const scaled = ofKind(manifests, 'Deployment').find(
      ({ metadata }) => metadata.name === spec.scaleTargetRef.name
    )
    must(scaled?.spec.replicas === undefined, 'every apply takes back what the autoscaler decided')
    const budgets = ofKind(manifests, 'PodDisruptionBudget').map(({ spec }) => spec.minAvailable ?? 0)
    must(Math.max(0, ...budgets) < spec.minReplicas, 'no pod may ever be moved')
  }
  for (const { data } of ofKind(manifests, 'ConfigMap')) {
    const secret = Object.keys(data ?? {}).find((name) => /SECRET|PASSWORD|TOKEN/.test(name))
    must(secret === undefined, `${secret} is in a ConfigMap`)
  }
  return problems
}
