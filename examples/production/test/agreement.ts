import { ofKind, type Manifest } from './manifests.ts'
import type { RealApp } from './real-app.ts'

/** Whether selectors, ports, paths and budgets name what is there. */
export function agreement(manifests: readonly Manifest[], app: RealApp): string[] {
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
    must(app.host === '0.0.0.0', 'the app listens where no client reaches it')
    must(names('ServiceAccount').has(template.spec.serviceAccountName), 'the service account is not defined')
    for (const [probe, path, status] of [
      ['startupProbe', '/health/startup', app.asked.startup],
      ['livenessProbe', '/health/live', app.asked.live],
      ['readinessProbe', '/health/ready', app.asked.ready]
    ] as const) {
      must(status === 200, `the app answers ${path} with ${status}`)
      must(container[probe]?.httpGet?.path === path, `${probe} asks another path than ${path}`)
      must(portOf(container[probe]?.httpGet?.port) !== undefined, `${probe} asks a port that is not there`)
    }
    must(
      template.spec.terminationGracePeriodSeconds * 1000 > app.drainBudget,
      `the grace period is shorter than the drain's ${app.drainBudget} ms`
    )
    const drainSetting = container.env?.find(
      ({ name }: { name: string }) => name === 'TERMINATION_GRACE_PERIOD_SECONDS'
    )
    must(
      Number(drainSetting?.value) === template.spec.terminationGracePeriodSeconds,
      'the app expects another grace period than it gets'
    )
    for (const { name, value } of container.env ?? []) {
      const mounted = container.volumeMounts?.some(({ mountPath }: { mountPath: string }) =>
        value?.startsWith(`${mountPath}/`)
      )
      must(!name.endsWith('_FILE') || mounted, `${name} is a file that is not mounted`)
    }
    for (const { configMapRef } of container.envFrom ?? []) {
      must(names('ConfigMap').has(configMapRef?.name), 'the config map is not defined')
    }
    const mounts = new Set(template.spec.volumes?.map(({ name }: { name: string }) => name))
    for (const { name } of container.volumeMounts ?? [])
      must(mounts.has(name), `volume ${name} is not defined`)
    const configured = [
      ...(container.env ?? []).map(({ name }: { name: string }) => name.replace(/_FILE$/, '')),
      ...ofKind(manifests, 'ConfigMap').flatMap(({ data }) => Object.keys(data ?? {}))
    ]
    for (const name of configured) must(app.variables.has(name), `${name} is no variable of the app`)
  }

  const pods = ofKind(manifests, 'Deployment').map(({ spec }) => spec.template.metadata.labels)
  for (const service of ofKind(manifests, 'Service')) {
    must(
      pods.some((labels) => covers(service.spec.selector, labels)),
      `dangling-service ${service.metadata.name}`
    )
    for (const { targetPort } of service.spec.ports) {
      const isDeployed = ofKind(manifests, 'Deployment').some(({ spec }) =>
        spec.template.spec.containers[0].ports?.some((port: { name: string }) => port.name === targetPort)
      )
      must(isDeployed, `service ${service.metadata.name} points at port ${targetPort}, which is not there`)
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
    for (const { port, path } of spec.endpoints) {
      must(path === '/metrics' && app.asked.metrics === 200, `the app has no metrics at ${path}`)
      must(app.asked.metricsWithoutToken === 401, 'anybody may read the metrics')
      must(
        services[0]?.spec.ports.some(({ name }: { name: string }) => name === port),
        'the ServiceMonitor scrapes a port that is not there'
      )
    }
  }
  return problems
}
