import { subscribe } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import { Server } from 'node:net'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance, FastifyPluginCallback } from 'fastify'
import fp from 'fastify-plugin'

/** A Fastify instance is a thenable: in an object, `await` does not call it. */
interface LoadedApp {
  app: FastifyInstance
  /** Whether fastify-cli makes the app of the file's plugin. */
  isPlugin?: boolean
}

type Exports = Record<string, unknown>

/** Exports that are functions which make the app. */
const factoryNames = ['build', 'buildApp', 'createApp']
const exportNames = ['default', 'app', ...factoryNames]
/** Other names of such functions. */
const factoryName =
  /^(?:build|create|get|init|make|setup)(?:Api|App|Application|Fastify|Instance|Server|Service)$/i
const decorators = [
  'seaworthy',
  'auth',
  'errors',
  'health',
  'observability',
  'resilience',
  'security',
  'shutdown'
]

/** Milliseconds that a file without an export has to start its app, which may do so in a worker on a busy machine. */
const startTimeoutMs = 30_000

/**
 * Loads the export of a file: an app, a promise of one, a function that makes one, or a plugin for fastify-cli.
 * If the file starts its app itself, that app is returned before it listens.
 */
export async function loadApp(file: string): Promise<LoadedApp> {
  loadFastify(file)
  const starting = interceptListen()
  const loading = import(pathToFileURL(file).href) as Promise<Exports>
  const first = await Promise.race([starting.seaworthyApp, loading.then((exports) => ({ exports }))])
  if ('app' in first) return first

  // A function that is called to make the app may start it.
  const made = await Promise.race([starting.seaworthyApp, exportedApp(first.exports, file)])
  return made ?? (await starting.anyApp())
}

/**
 * Loads the Fastify of the app before the file, as `fastify start` does: `serverOptions` prepares its options for all
 * copies that are loaded.
 */
function loadFastify(file: string): void {
  try {
    createRequire(file)('fastify')
  } catch {
    // The app may have none: doctor names that.
  }
}

async function exportedApp(exports: Exports, file: string): Promise<LoadedApp | undefined> {
  // The exports of CommonJS are the default of its namespace.
  const inner = exports.default
  const sources = [exports, ...(typeof inner === 'object' && inner !== null ? [inner as Exports] : [])]
  for (const source of sources) {
    const others = Object.keys(source).filter((name) => isApp(source[name]) || factoryName.test(name))
    for (const name of new Set([...exportNames, ...others])) {
      // oxlint-disable-next-line no-await-in-loop -- the first app counts
      const made = await appFrom(name, source[name], file, sources)
      if (made) return made
    }
  }
  return undefined
}

async function appFrom(
  name: string,
  value: unknown,
  file: string,
  sources: Exports[]
): Promise<LoadedApp | undefined> {
  if (isApp(value)) return { app: value }
  if (value instanceof Promise) return assertApp(name, await value)
  if (typeof value !== 'function' || /^class\b/.test(String(value))) return undefined

  const isFactory =
    value.length === 0 ||
    factoryNames.includes(name) ||
    factoryName.test(name) ||
    /^(?:build|create|make)/.test(value.name)
  if (isFactory) {
    const made = await (value as (options: object) => unknown)({})
    // It may have started the app, which then listens.
    return made === undefined ? undefined : assertApp(name, made)
  }
  const { options } = sources.find((source) => source.options !== undefined) ?? {}
  const fastify = createRequire(file)('fastify') as typeof import('fastify').fastify
  const app = fastify({ logger: true, ...(options as object) })
  const plugin = value as FastifyPluginCallback
  // Without a child scope, so that its decorators can be read from outside.
  await app.register(fp((scope, options, done) => plugin(scope, options, done)))
  return { app, isPlugin: true }
}

function assertApp(name: string, value: unknown): LoadedApp {
  if (!isApp(value)) throw new Error(`its export "${name}" is not a Fastify instance`)
  return { app: value }
}

function isApp(value: unknown): value is FastifyInstance {
  const { ready, inject, version } = (value ?? {}) as Partial<FastifyInstance>
  return typeof ready === 'function' && typeof inject === 'function' && typeof version === 'string'
}

/**
 * Waits until the app with our plugins calls `listen`, and prevents it from listening. Other apps, such as a stand-in
 * for a service, do listen: the app may need them.
 */
function interceptListen(): { seaworthyApp: Promise<LoadedApp>; anyApp(): Promise<LoadedApp> } {
  const seaworthyApp = Promise.withResolvers<LoadedApp>()
  const otherApp = Promise.withResolvers<LoadedApp>()
  subscribe('fastify.initialization', (message) => {
    const { fastify: app } = message as { fastify: FastifyInstance }
    const listen = app.listen.bind(app) as (...args: unknown[]) => Promise<string>
    app.listen = async (...args: unknown[]) => {
      await app.ready()
      if (!decorators.some((name) => app.hasDecorator(name))) {
        otherApp.resolve({ app })
        return listen(...args)
      }
      seaworthyApp.resolve({ app })
      // The code behind it may need an address, which does not exist.
      return new Promise<string>(() => undefined)
    }
  })
  return {
    seaworthyApp: seaworthyApp.promise,
    async anyApp() {
      const noApp = new Error(`exports no app (${exportNames.join(', ')}), and starts none`)
      setTimeout(() => otherApp.reject(noApp), startTimeoutMs).unref()
      process.once('beforeExit', () => otherApp.reject(noApp))
      return Promise.race([seaworthyApp.promise, otherApp.promise])
    }
  }
}

/** Makes every server of this process listen on a free port: the configured ones may be in use by the service. */
export function useFreePorts(): void {
  const { listen } = Server.prototype as { listen(...args: unknown[]): Server }
  Server.prototype.listen = function listenSomewhere(this: Server, ...[first, ...rest]: unknown[]) {
    const isPort = typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first))
    const hasPort = typeof first === 'object' && first !== null && 'port' in first
    return listen.call(this, isPort ? 0 : hasPort ? { ...first, port: 0 } : first, ...rest)
  }
}
