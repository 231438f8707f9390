import { subscribe } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import { Server } from 'node:net'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance, FastifyPluginCallback } from 'fastify'
import fp from 'fastify-plugin'

/** An instance is a thenable, so it travels in an object. */
interface Loaded {
  app: FastifyInstance
}

type Exports = Record<string, unknown>

const makers = ['build', 'buildApp', 'createApp']
const names = ['default', 'app', ...makers]
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

/** Milliseconds that a file without an export has to start its app. */
const patience = 10_000

/**
 * Loads what a file exports: an app, a promise of one, a function that makes one, or a plugin for fastify-cli.
 * Of a file that starts its app itself, it is the app that was about to listen; it does not listen.
 */
export async function loadApp(file: string): Promise<Loaded> {
  const starting = appThatListens()
  const loading = import(pathToFileURL(file).href) as Promise<Exports>
  const first = await Promise.race([starting.ours, loading.then((exports) => ({ exports }))])
  if ('app' in first) return first

  const made = await exportedApp(first.exports, file)
  return made ?? (await starting.any())
}

async function exportedApp(exports: Exports, file: string): Promise<Loaded | undefined> {
  // What CommonJS exports is the default of its namespace.
  const inner = exports.default
  const sources = [exports, ...(typeof inner === 'object' && inner !== null ? [inner as Exports] : [])]
  for (const source of sources) {
    for (const name of names) {
      // oxlint-disable-next-line no-await-in-loop -- the first that is an app is taken
      const made = await madeFrom(name, source[name], file, sources)
      if (made) return made
    }
  }
  return undefined
}

async function madeFrom(
  name: string,
  value: unknown,
  file: string,
  sources: Exports[]
): Promise<Loaded | undefined> {
  if (isApp(value)) return { app: value }
  if (value instanceof Promise) return appOf(name, await value)
  if (typeof value !== 'function') return undefined

  const makes = value.length === 0 || makers.includes(name) || /^(?:build|create|make)/.test(value.name)
  if (makes) return appOf(name, await (value as (options: object) => unknown)({}))
  const { options } = sources.find((source) => source.options !== undefined) ?? {}
  const fastify = createRequire(file)('fastify') as typeof import('fastify').fastify
  const app = fastify({ logger: true, ...(options as object) })
  const plugin = value as FastifyPluginCallback
  // Without a scope of its own: what it decorates is looked at from outside.
  await app.register(fp((scope, own, done) => plugin(scope, own, done)))
  return { app }
}

function appOf(name: string, value: unknown): Loaded {
  if (!isApp(value)) throw new Error(`what its export "${name}" gives is no Fastify instance`)
  return { app: value }
}

function isApp(value: unknown): value is FastifyInstance {
  const { ready, inject, version } = (value ?? {}) as Partial<FastifyInstance>
  return typeof ready === 'function' && typeof inject === 'function' && typeof version === 'string'
}

/**
 * Waits for an app of the file's own to listen, and keeps it from doing so. Others that it starts, like the stand-in of
 * a service, do listen: the app may need them.
 */
function appThatListens(): { ours: Promise<Loaded>; any(): Promise<Loaded> } {
  const ours = Promise.withResolvers<Loaded>()
  const other = Promise.withResolvers<Loaded>()
  subscribe('fastify.initialization', (message) => {
    const { fastify: app } = message as { fastify: FastifyInstance }
    const listen = app.listen.bind(app) as (...args: unknown[]) => Promise<string>
    app.listen = async (...args: unknown[]) => {
      await app.ready()
      if (!decorators.some((name) => app.hasDecorator(name))) {
        other.resolve({ app })
        return listen(...args)
      }
      ours.resolve({ app })
      // What comes after it wants an address, which there is none of.
      return new Promise<string>(() => undefined)
    }
  })
  return {
    ours: ours.promise,
    async any() {
      const nothing = new Error(`exports no app (${names.join(', ')}), and starts none`)
      setTimeout(() => other.reject(nothing), patience).unref()
      process.once('beforeExit', () => other.reject(nothing))
      return Promise.race([ours.promise, other.promise])
    }
  }
}

/** A service that runs on this machine keeps its ports: whatever is opened here gets a free one. */
export function leavePortsAlone(): void {
  const { listen } = Server.prototype as { listen(...args: unknown[]): Server }
  Server.prototype.listen = function listenSomewhere(this: Server, ...[first, ...rest]: unknown[]) {
    const isPort = typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first))
    const hasPort = typeof first === 'object' && first !== null && 'port' in first
    return listen.call(this, isPort ? 0 : hasPort ? { ...first, port: 0 } : first, ...rest)
  }
}
