import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { temporaryFolder } from '@seaworthy/testing'
import type { FastifyInstance } from 'fastify'
import { environmentSchema, type EnvironmentSchema } from 'fastify-seaworthy'
import type { Test } from 'tap'
import type { Manifest } from './manifests.ts'

/** The real behaviour of the app, with which the templates must agree. */
export interface RealApp {
  port: number
  host: string
  managementPort: number
  /** Milliseconds that a drain may take. */
  drainBudget: number
  /** Answers a path of the app's, and of the operators' listener, as the orchestrator would get it. */
  asked: Record<'startup' | 'live' | 'ready' | 'metrics' | 'metricsWithoutToken', number>
  variables: ReadonlySet<string>
}

/** How an app is made of an environment. */
export interface Recipe {
  schema: EnvironmentSchema
  config(env: NodeJS.ProcessEnv): {
    listen: { host: string; port: number }
    env: { MANAGEMENT_PORT?: number }
  }
  build(env: NodeJS.ProcessEnv): Promise<FastifyInstance>
}

/** The environment that the manifests give a pod, with secrets of the test's own in place of the mounted ones. */
export function environmentOf(t: Test, manifests: readonly Manifest[]): NodeJS.ProcessEnv {
  const secrets = temporaryFolder(t, 'secrets')
  const { env = [] } = manifests.find(({ kind }) => kind === 'Deployment')!.spec.template.spec.containers[0]
  const configured: Record<string, string> = manifests.find(({ kind }) => kind === 'ConfigMap')!.data
  const entries = (env as { name: string; value: string }[]).map(({ name, value }) => {
    if (!name.endsWith('_FILE')) return [name, value]
    const file = join(secrets, basename(value))
    writeFileSync(file, randomBytes(32).toString('base64'))
    return [name, file]
  })
  return { ...configured, ...Object.fromEntries(entries) }
}

/** Starts the app with that environment, without the services that it names, and sends it requests. */
export async function askRealApp(
  t: Test,
  manifests: readonly Manifest[],
  { schema, config, build }: Recipe
): Promise<RealApp> {
  // As in a pod: no person waits at a terminal for the drain.
  process.env.KUBERNETES_SERVICE_HOST ??= '10.96.0.1'
  const env = environmentOf(t, manifests)
  const { listen, env: read } = config(env)
  const {
    DB_HOST: _database,
    REDIS_HOST: _redis,
    ...alone
  }: NodeJS.ProcessEnv = {
    ...env,
    LOG_LEVEL: 'silent',
    HOST: '127.0.0.1',
    PORT: '0',
    MANAGEMENT_PORT: '0',
    MANAGEMENT_HOST: '127.0.0.1'
  }
  const app = await build(alone)
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })

  const status = async (path: string) => (await app.inject(path)).statusCode
  const metrics = `http://127.0.0.1:${app.observability.management?.port}/metrics`
  const { MANAGEMENT_TOKEN_FILE: file = '' } = env
  const authorization = `Bearer ${readFileSync(file, 'utf8')}`
  return {
    ...listen,
    managementPort: read.MANAGEMENT_PORT ?? 0,
    drainBudget: app.shutdown.budget,
    asked: {
      startup: await status('/health/startup'),
      live: await status('/health/live'),
      ready: await status('/health/ready'),
      metrics: (await fetch(metrics, { headers: { authorization } })).status,
      metricsWithoutToken: (await fetch(metrics)).status
    },
    variables: new Set([
      ...Object.keys(environmentSchema.properties),
      ...Object.keys(schema.properties),
      'TERMINATION_GRACE_PERIOD_SECONDS'
    ])
  }
}
