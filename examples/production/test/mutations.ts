import type { Manifest } from './manifests.ts'

/** A change that breaks the templates, and how it must be named. */
export type Mutations<T extends unknown[]> = Record<string, [mutate: (...args: T) => void, caught: RegExp]>

const find = (manifests: Manifest[], kind: string) => manifests.find((manifest) => manifest.kind === kind)!
const pod = (change: (pod: Manifest) => void) => (manifests: Manifest[]) =>
  change(find(manifests, 'Deployment').spec.template.spec)
const container = (change: (container: Manifest) => void) => pod((p) => change(p.containers[0]))
const service = (change: (spec: Manifest) => void) => (manifests: Manifest[]) =>
  change(find(manifests, 'Service').spec)

/** Common faults of Kubernetes manifests. */
export const kubernetesMutations: Mutations<[Manifest[]]> = {
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
  "the host's network": [pod((p) => (p.hostNetwork = true)), /namespace of the host/],
  'kept capabilities': [container((c) => (c.securityContext.capabilities.drop = [])), /drop-net-raw/],
  'the latest tag': [container((c) => (c.image = 'app:latest')), /latest-tag/],
  'no tag': [container((c) => (c.image = 'app')), /latest-tag/],
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
  'another port': [container((c) => (c.ports[0].containerPort = 8081)), /http port/],
  'another management port': [container((c) => (c.ports[1].containerPort = 8081)), /management port/],
  'a short grace period': [pod((p) => (p.terminationGracePeriodSeconds = 1)), /grace period is shorter/],
  'a grace period that the app does not expect': [
    pod((p) => (p.terminationGracePeriodSeconds = 60)),
    /expects another grace/
  ],
  'a secret in the environment': [
    container((c) => c.env.push({ name: 'JWT_SECRET', value: 'x' })),
    /env-var-secret/
  ],
  'a misspelt variable': [container((c) => c.env.push({ name: 'LOG_LEVLE', value: 'info' })), /LOG_LEVLE/],
  'secrets that are not mounted': [
    container((c) => (c.volumeMounts[0].mountPath = '/secrets')),
    /JWT_SECRET_FILE is a file that is not mounted/
  ],
  'a volume that is not there': [
    pod((p) => (p.volumes = p.volumes.slice(1))),
    /volume secrets is not defined/
  ],
  'a password in the ConfigMap': [
    (manifests) => (find(manifests, 'ConfigMap').data.PASSWORD = 'x'),
    /PASSWORD is in a ConfigMap/
  ],
  'a selector that selects nothing': [
    service((s) => (s.selector = { 'app.kubernetes.io/name': 'else' })),
    /dangling-service/
  ],
  'a service port that is not there': [service((s) => (s.ports[0].targetPort = 'web')), /points at port web/],
  'a policy that selects no pod': [
    (manifests) => (find(manifests, 'NetworkPolicy').spec.podSelector.matchLabels = { app: 'else' }),
    /NetworkPolicy selects nothing/
  ],
  'the default service account': [pod((p) => delete p.serviceAccountName), /default-service-account/],
  'a wrong type': [pod((p) => (p.terminationGracePeriodSeconds = '35s')), /terminationGracePeriodSeconds/],
  'no spread': [pod((p) => delete p.topologySpreadConstraints), /no-anti-affinity/]
}

/** Common faults of the overlay for production. */
export const overlayMutations: Mutations<[Manifest[]]> = {
  'an autoscaler without a target': [
    (manifests) => (find(manifests, 'HorizontalPodAutoscaler').spec.scaleTargetRef.name = 'else'),
    /autoscaler scales nothing/
  ],
  'replicas beside an autoscaler': [
    (manifests) => (find(manifests, 'Deployment').spec.replicas = 3),
    /takes back what the autoscaler decided/
  ],
  'a budget that blocks every drain of a node': [
    (manifests) => {
      const { spec } = find(manifests, 'PodDisruptionBudget')
      delete spec.maxUnavailable
      spec.minAvailable = 3
    },
    /no pod may ever be moved/
  ],
  'a monitor that selects no service': [
    (manifests) => (find(manifests, 'ServiceMonitor').spec.selector.matchLabels = { app: 'else' }),
    /ServiceMonitor selects no service/
  ],
  'a monitor of another path': [
    (manifests) => (find(manifests, 'ServiceMonitor').spec.endpoints[0].path = '/prometheus'),
    /no metrics at/
  ],
  'a misspelt field of the operator': [
    (manifests) => (find(manifests, 'ServiceMonitor').spec.endpoints[0].intervall = '15s'),
    /intervall: no such field/
  ]
}

/** Common faults of compose files: the app's service, and the whole. */
export const composeMutations: Mutations<[service: Manifest, compose: Manifest]> = {
  'a misspelt key': [(service) => (service.stop_grace_perod = '35s'), /must NOT have additional properties/],
  'a version': [(_, compose) => (compose.version = '3.8'), /version is obsolete/],
  'a short grace': [(service) => (service.stop_grace_period = '10s'), /grace is shorter/],
  'a writable root': [(service) => delete service.read_only, /may write/],
  'kept capabilities': [(service) => delete service.cap_drop, /keeps capabilities/],
  'a secret in the file': [
    (service) => (service.environment.JWT_SECRET = 'x'),
    /JWT_SECRET is a secret in the file/
  ],
  'a secret that is not given': [
    (service) => (service.secrets = ['jwt_secret']),
    /no file for DB_PASSWORD_FILE/
  ],
  'another port': [(service) => (service.ports = ['127.0.0.1:80:80']), /another port is published/],
  'a port for the world': [(service) => service.ports.push('9464:9464'), /listens to the world/],
  'not waiting for the database': [
    (service) => (service.depends_on.postgres.condition = 'service_started'),
    /does not wait until postgres is healthy/
  ],
  'a database that never says it is healthy': [
    (_, compose) => delete compose.services.postgres.healthcheck,
    /postgres does not say/
  ],
  'an image of any version': [
    (_, compose) => (compose.services.redis.image = 'redis:latest'),
    /no pinned image/
  ],
  'a misspelt variable': [(service) => (service.environment.LOG_LEVLE = 'info'), /LOG_LEVLE is no variable/],
  'a mount that is not there': [
    (_, compose) => compose.services.grafana.volumes.push('./dashboards:/x'),
    /mounts .\/dashboards, which is not there/
  ]
}
