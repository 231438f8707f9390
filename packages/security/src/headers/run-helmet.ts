import fastifyHelmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { requestWithoutSocket } from '../internals.ts'
import type { HelmetHeaders } from './helmet-types.ts'

/**
 * The nonces of one request.
 *
 * @example
 * app.get('/', async (_request, reply) => {
 *   const { script }: CspNonce = reply.cspNonce
 *   return reply.type('text/html').send(`<script nonce="${script}">start()</script>`)
 * })
 */
export interface CspNonce {
  script: string
  style: string
}

/** Options for @fastify/helmet: of the plugin, and of a route on top of them. */
export interface HelmetSet {
  readonly plugin: HelmetHeaders
  readonly route: HelmetHeaders
  readonly nonces: boolean
}

/** The headers of a set in the order of @fastify/helmet, and the nonces that are in its policy. */
export interface HelmetResult {
  readonly headers: Readonly<Record<string, string>>
  readonly nonce: CspNonce | undefined
}

/** The results of several sets. */
export interface HelmetRun {
  /** In the order of the sets. An error: @fastify/helmet rejects the set. */
  readonly results: readonly (HelmetResult | Error)[]
  /**
   * The headers of further options, at once.
   *
   * @throws Error of helmet for options that it rejects.
   */
  readonly headersOf: (options: HelmetHeaders) => Record<string, string>
}

type HandledRequest = { reply: FastifyReply } | Error

/** Sets that differ in the route alone: one registration of @fastify/helmet. */
interface Registration extends Omit<HelmetSet, 'route'> {
  readonly routes: [url: string, route: HelmetHeaders][]
}

const openUrl = '/'

/**
 * Runs @fastify/helmet for the headers of sets of options: it is registered in an app of its own, and each set is one
 * request there. So its defaults, the merging of a route's options and the place of the nonces are its own, and the
 * responses of the real app are sent without it.
 *
 * @throws Error if this version of it does not write as expected: responses without headers must not go unnoticed.
 */
export async function runHelmet(sets: readonly HelmetSet[]): Promise<HelmetRun> {
  // A busy machine must not time out the start of this app.
  const app = Fastify({ pluginTimeout: 0, exposeHeadRoutes: false })
  const pendingRequests = new Map<string, PromiseWithResolvers<HandledRequest>>()
  const settle = ({ url }: FastifyRequest, reply: FastifyReply, error?: Error) => {
    // The response is never ended, so that it takes headers at any time.
    reply.hijack()
    pendingRequests.get(url)!.resolve(error ?? { reply })
  }
  const open: Registration = { plugin: {}, nonces: false, routes: [[openUrl, {}]] }
  for (const { plugin, nonces, routes } of [open, ...registrationsOf(sets)]) {
    void app.register(async (scope) => {
      await scope.register(fastifyHelmet, { ...plugin, enableCSPNonces: nonces } as FastifyHelmetOptions)
      scope.setErrorHandler((error: Error, request, reply) => settle(request, reply, error))
      for (const [url, helmet] of routes) {
        scope.get(url, { helmet: helmet as object }, (request, reply) => settle(request, reply))
      }
    })
  }
  await app.ready()
  const send = (url: string): Promise<HandledRequest> => {
    const pending = Promise.withResolvers<HandledRequest>()
    pendingRequests.set(url, pending)
    app.routing(...requestWithoutSocket(url))
    return pending.promise
  }

  const results: (HelmetResult | Error)[] = []
  for (const [index, { nonces }] of sets.entries()) {
    const handled = await send(urlOf(index))
    if (handled instanceof Error) results.push(handled)
    else
      results.push({
        headers: headersOn(handled.reply),
        nonce: nonces ? handled.reply.cspNonce : undefined
      })
  }
  const opened = await send(openUrl)
  if (opened instanceof Error || headersOn(opened.reply)['x-content-type-options'] !== 'nosniff') {
    throw new Error('this version of @fastify/helmet does not set its headers at once: install another one')
  }
  const { reply } = opened
  return {
    results,
    headersOf(options) {
      for (const name of reply.raw.getHeaderNames()) reply.raw.removeHeader(name)
      reply.helmet(options as FastifyHelmetOptions)
      return headersOn(reply)
    }
  }
}

const urlOf = (index: number) => `/${index}`

const headersOn = ({ raw }: FastifyReply) => ({ ...(raw.getHeaders() as Record<string, string>) })

function registrationsOf(sets: readonly HelmetSet[]): Registration[] {
  const registrations: Registration[] = []
  for (const [index, { plugin, route, nonces }] of sets.entries()) {
    let registration = registrations.find((each) => each.nonces === nonces && areEqual(each.plugin, plugin))
    if (registration === undefined) registrations.push((registration = { plugin, nonces, routes: [] }))
    registration.routes.push([urlOf(index), route])
  }
  return registrations
}

/** Whether options have the same members. */
function areEqual(one: object, other: object): boolean {
  const entries = Object.entries(one)
  return (
    entries.length === Object.keys(other).length &&
    entries.every(([name, value]) => (other as Record<string, unknown>)[name] === value)
  )
}
