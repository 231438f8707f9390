import type { Event, EventHint, NodeOptions, Scope } from '@sentry/node'
import { findOptional } from './find-optional.ts'
import type { ErrorContext, ErrorSink } from './options.ts'
import { Outcomes } from './pending-errors.ts'

type Sentry = typeof import('@sentry/node')

const oldest = 11
const needs = `observability: "errorTracking.dsn" needs @sentry/node ${oldest} or newer`

/** Loads Sentry: the copy that the service has loaded already, else the CommonJS one, in three quarters of the time. */
async function load(): Promise<Sentry> {
  // In two parts, because bundlers look for what they can read.
  const name = ['@sentry', 'node'].join('/')
  const found = findOptional(name)
  if (found === undefined) throw new Error(`${needs}: npm install @sentry/node@${oldest}`)
  const imported = '__SENTRY__' in globalThis && !(found.path in found.require.cache)
  const sentry = imported
    ? ((await import(/* webpackIgnore: true */ name)) as Sentry)
    : (found.require(name) as Sentry)
  if (Number.parseInt(sentry.SDK_VERSION, 10) < oldest) {
    throw new Error(`${needs}, this is ${sentry.SDK_VERSION}; with an older one, give a "sink" that calls it`)
  }
  return sentry
}

/** What Sentry must not gather by itself: addresses, headers, cookies, bodies, queries. Each may be allowed again. */
const nothingPersonal = {
  userInfo: false,
  cookies: false,
  httpHeaders: false,
  httpBodies: [],
  urlQueryParams: false
} satisfies NodeOptions['dataCollection']

const outcomeTimeout = 5000

/** Sentry as a sink, and what it needs to know of requests whose errors it captured itself. */
export interface SentryClient {
  sink: ErrorSink
  flush: (timeout: number) => Promise<boolean>
  outcomes: Outcomes
}

/** Loads Sentry, starts it unless the service has done so, and gives a sink for it. */
export async function sentryClient(options: NodeOptions & { dsn: string }): Promise<SentryClient> {
  const sentry = await load()
  const outcomes = new Outcomes()
  if (sentry.getClient() === undefined) {
    const dataCollection = { ...nothingPersonal, ...options.dataCollection }
    sentry.init({ integrations: (defaults) => withoutCapture(sentry, defaults), ...options, dataCollection })
  }
  sentry.getClient()?.addEventProcessor(async (event, hint) => withOutcome(event, hint, outcomes))

  return {
    outcomes,
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

/** The plugin captures: with the final status, and of crashes before the process ends. */
function withoutCapture(sentry: Sentry, defaults: Integrations): Integrations {
  const doubled = new Set(['Fastify', 'OnUncaughtException', 'OnUnhandledRejection'])
  const fastify = defaults.some(({ name }) => name === 'Fastify')
    ? [sentry.fastifyIntegration({ shouldHandleError: () => false })]
    : []
  return [...defaults.filter(({ name }) => !doubled.has(name)), ...fastify]
}

function describe(scope: Scope, context: ErrorContext): void {
  const { userId, extra, tags } = split(context)
  scope.setTags(tags)
  scope.setExtras(extra)
  if (userId !== undefined) scope.setUser({ id: userId })
}

function split({
  source,
  method,
  route,
  statusCode,
  correlationId,
  traceId,
  userId,
  ...extra
}: ErrorContext) {
  const tags = { source, method, route, statusCode, correlationId, traceId }
  const given = Object.entries(tags).filter(([, value]) => value !== undefined)
  return { userId, extra, tags: Object.fromEntries(given) as Record<string, string | number> }
}

/** Completes what Sentry captured by itself, or drops it when the request was no failure in the end. */
async function withOutcome(
  event: Event,
  { originalException }: EventHint,
  outcomes: Outcomes
): Promise<Event | null> {
  // Sentry's own hook runs before Fastify's onError.
  await new Promise((resolve) => setImmediate(resolve))
  const outcome = outcomes.of(originalException)
  if (outcome === undefined) return event

  const late = { source: 'request' }
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<ErrorContext>((resolve) => {
    timer = setTimeout(resolve, outcomeTimeout, late)
  })
  const context = await Promise.race([outcome, expired])
  clearTimeout(timer)
  if (context === undefined) return null

  const { userId, extra, tags } = split(context)
  event.tags = { ...event.tags, ...tags }
  event.extra = { ...event.extra, ...extra }
  event.user = userId === undefined ? {} : { id: userId }
  const { method } = event.request ?? {}
  if (event.request !== undefined) event.request = method === undefined ? {} : { method }
  return event
}
