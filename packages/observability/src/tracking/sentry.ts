import type { Event, EventHint, NodeOptions, Scope } from '@sentry/node'
import { findOptional, withTimeout } from '@seaworthy/internal'
import { sentryIsUsed } from '../internals/index.ts'
import type { ErrorContext, ErrorSink } from './options.ts'
import { PendingErrors } from './pending-errors.ts'
import { scrubEvent } from './scrub-event.ts'

type Sentry = typeof import('@sentry/node')

const minVersion = 11
const requirement = `observability: "errorTracking.dsn" needs @sentry/node ${minVersion} or newer`

/** Loads Sentry: the copy that the app has loaded already, else the CommonJS one, which loads faster. */
async function load(): Promise<Sentry> {
  // In two parts, because bundlers resolve the names that they can read.
  const name = ['@sentry', 'node'].join('/')
  const found = findOptional(name, import.meta.url)
  if (found === undefined) throw new Error(`${requirement}: npm install @sentry/node@${minVersion}`)
  const isEsm = sentryIsUsed() && !(found.path in found.require.cache)
  const sentry = isEsm
    ? ((await import(/* webpackIgnore: true */ name)) as Sentry)
    : (found.require(name) as Sentry)
  if (Number.parseInt(sentry.SDK_VERSION, 10) < minVersion) {
    throw new Error(
      `${requirement}, this is ${sentry.SDK_VERSION}; with an older one, give a "sink" that calls it`
    )
  }
  return sentry
}

/** The data that Sentry must not collect by itself: addresses, headers, cookies, bodies, queries. An app may allow each. */
const nothingPersonal = {
  userInfo: false,
  cookies: false,
  httpHeaders: false,
  httpBodies: [],
  urlQueryParams: false
} satisfies NodeOptions['dataCollection']

/** Milliseconds that an event of Sentry waits for the end of its request. */
const contextTimeout = 5000

/** Sentry as a sink, and the errors that it captured itself. */
export interface SentryClient {
  sink: ErrorSink
  flush: (timeout: number) => Promise<boolean>
  pendingErrors: PendingErrors
}

/** Loads Sentry, and starts it unless the app has done so. */
export async function sentryClient(options: NodeOptions & { dsn: string }): Promise<SentryClient> {
  const sentry = await load()
  const pendingErrors = new PendingErrors()
  if (sentry.getClient() === undefined) {
    const dataCollection = { ...nothingPersonal, ...options.dataCollection }
    sentry.init({ integrations: (defaults) => withoutCapture(sentry, defaults), ...options, dataCollection })
  }
  sentry.getClient()?.addEventProcessor(async (event, hint) => {
    const completed = await withContext(event, hint, pendingErrors)
    return completed === null ? null : scrubEvent(completed)
  })

  return {
    pendingErrors,
    flush: async (timeout) => sentry.flush(timeout),
    sink(error, context) {
      sentry.withScope((scope) => {
        describe(scope, context)
        sentry.captureException(error)
      })
    }
  }
}

type Integrations = ReturnType<Sentry['getDefaultIntegrations']>

/** The plugin captures errors itself: with the final status, and before the process exits. */
function withoutCapture(sentry: Sentry, defaults: Integrations): Integrations {
  const replaced = new Set(['Fastify', 'OnUncaughtException', 'OnUnhandledRejection'])
  const fastify = defaults.some(({ name }) => name === 'Fastify')
    ? [sentry.fastifyIntegration({ shouldHandleError: () => false })]
    : []
  return [...defaults.filter(({ name }) => !replaced.has(name)), ...fastify]
}

function describe(scope: Scope, context: ErrorContext): void {
  const { userId, extra, tags } = splitContext(context)
  scope.setTags(tags)
  scope.setExtras(extra)
  if (userId !== undefined) scope.setUser({ id: userId })
}

function splitContext(context: ErrorContext) {
  const { source, method, route, statusCode, correlationId, traceId, userId, ...extra } = context
  const tags = Object.entries({ source, method, route, statusCode, correlationId, traceId })
  const set = tags.filter(([, value]) => value !== undefined)
  return { userId, extra, tags: Object.fromEntries(set) as Record<string, string | number> }
}

/** Completes an event that Sentry captured by itself, or drops it where the request did not fail. */
async function withContext(
  event: Event,
  { originalException }: EventHint,
  pendingErrors: PendingErrors
): Promise<Event | null> {
  // Sentry's own hook runs before Fastify's onError.
  await new Promise((resolve) => setImmediate(resolve))
  const pending = pendingErrors.contextOf(originalException)
  if (pending === undefined) return event

  const incomplete: ErrorContext = { source: 'request' }
  const context = await withTimeout(contextTimeout, async () => pending).catch(() => incomplete)
  if (context === undefined) return null

  const { userId, extra, tags } = splitContext(context)
  event.tags = { ...event.tags, ...tags }
  event.extra = { ...event.extra, ...extra }
  event.user = userId === undefined ? {} : { id: userId }
  const { method } = event.request ?? {}
  if (event.request !== undefined) event.request = method === undefined ? {} : { method }
  return event
}
