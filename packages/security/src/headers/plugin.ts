import { onEarlyRejection, type AtLeastOne, type Overridable } from '@seaworthy/contract'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { ServerResponse } from 'node:http'
import { blockOf, type Block } from '../prepared-headers/header-block.ts'
import { carrier } from '../prepared-headers/set-block.ts'
import { check, given, section } from '../option-checks.ts'
import { tell } from '../status.ts'
import {
  resolveHeaders,
  type HeadersOptions,
  type HelmetHeaders,
  type HelmetRouteOption,
  type RouteHeadersOptions
} from './options.ts'
import { freshNonce, prepareHeaders, type CspNonce, type PreparedHeaders } from './prepare.ts'

/**
 * A route's own headers: options laid over the plugin's, or `false` for none. In the route's `config.headers`;
 * `config.helmet` and the route option `helmet` of `@fastify/helmet` are read too.
 */
export type RouteHeaders = AtLeastOne<RouteHeadersOptions & HelmetHeaders> | AsTheApp | false

/** An empty object: the app's headers, on a route that asks for them. */
type AsTheApp = Record<string, never>

/** {@link RouteHeaders} under `@fastify/helmet`'s name; `skipRoute: true` is what its older releases had for `false`. */
export type RouteHelmet =
  | AtLeastOne<RouteHeadersOptions & HelmetHeaders & { skipRoute?: boolean }>
  | AsTheApp
  | false

interface HeadersReply {
  /** The request's nonces, where `enableCSPNonces` is on. */
  cspNonce: Overridable<this, CspNonce>
  /** Writes helmet's headers with these options laid over the plugin's. */
  helmet: Overridable<this, (options?: HelmetHeaders) => void>
}

interface HeadersConfig {
  /** The route's own headers: options laid over the plugin's, or `false` for none. */
  headers?: Overridable<this, RouteHeaders>
  /** The same as `headers`, under `@fastify/helmet`'s name. */
  helmet?: Overridable<this, RouteHelmet>
}

declare module 'fastify' {
  interface FastifyReply extends HeadersReply {}
  interface FastifyContextConfig extends HeadersConfig {}
  // As members, not inherited: `@fastify/helmet` has interfaces of its own inherited here, and two of those must agree.
  interface RouteShorthandOptions {
    /** The route's own headers, as `config.headers` has them: the option of `@fastify/helmet`. */
    helmet?: Overridable<this, HelmetRouteOption>
  }
  interface RouteOptions {
    /** The route's own headers, as `config.headers` has them: the option of `@fastify/helmet`. */
    helmet?: Overridable<this, HelmetRouteOption>
  }
}

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

const plugin: FastifyPluginAsync<HeadersOptions> = async (fastify, options) => {
  section('headers', options)
  const global = check.boolean('headers.global', options.global ?? true)
  const all = prepare('headers', options)
  tell(fastify, { headers: all.fixed })

  const carry = carrier('headers')
  const apply = (request: FastifyRequest, reply: FastifyReply) => carry(reply, blockFor(all, request, reply))

  if (!fastify.hasReplyDecorator('cspNonce')) fastify.decorateReply('cspNonce', null as never)
  if (!fastify.hasReplyDecorator('helmet')) {
    const perCall = new WeakMap<object, PreparedHeaders>()
    fastify.decorateReply<unknown>(
      'helmet' as string,
      function helmet(this: FastifyReply, own?: HelmetHeaders) {
        let headers = own ? perCall.get(own) : all
        if (headers === undefined) perCall.set(own!, (headers = prepare('headers', { ...options, ...own })))
        const { values } = blockFor(headers, this.request, this)
        // Over whatever there is, so one by one.
        for (const [name, value] of values) this.header(name, value)
      }
    )
  }

  if (global) {
    fastify.addHook('onRequest', (request, reply, done) => {
      apply(request, reply)
      done()
    })
    // A closing Fastify answers 503 before any hook. Only then: a listener costs every request.
    fastify.addHook('preClose', (done) => {
      const block = blockOf(all.fixed)
      fastify.server.prependListener('request', (_request, raw: ServerResponse) => {
        carry({ raw, hasHeader: (name) => raw.hasHeader(name) }, block)
      })
      done()
    })
  }

  fastify.addHook('onRoute', (route) => {
    const own = routeHeaders(route)
    if (own === undefined) return
    const headers = own === false ? undefined : prepare(`headers of ${route.url}`, { ...options, ...own })
    const hook: Hook = (request, reply, done) => {
      carry(reply, headers && blockFor(headers, request, reply))
      done()
    }
    // In front: a route's other hooks may answer. Whoever answers before sends the headers of the app, the safe side.
    route.onRequest = [hook, ...[route.onRequest ?? []].flat()] as Hook[]
  })

  onEarlyRejection(fastify, {
    request: (_error, request, reply) => apply(request, reply),
    socket: (_error, _socket, answer) => Object.assign(answer.headers, all.fixed)
  })
}

function prepare(option: string, options: HeadersOptions): PreparedHeaders {
  const resolved = resolveHeaders(option, options)
  try {
    return prepareHeaders(resolved)
  } catch (cause) {
    throw new RangeError(`security: "${option}": ${(cause as Error).message}`, { cause })
  }
}

function blockFor(headers: PreparedHeaders, request: FastifyRequest, reply: FastifyReply): Block {
  if (!headers.nonces) return headers.block(request, reply)
  // One nonce for a request, however often its headers are written.
  const nonce = (reply.cspNonce as CspNonce | null) ?? freshNonce()
  reply.cspNonce = nonce
  return headers.block(request, reply, nonce)
}

/** What the route says, under whichever of the names. */
function routeHeaders(route: RouteOptions): Record<string, unknown> | false | undefined {
  const { helmet } = route as { helmet?: unknown }
  const { headers, helmet: inConfig } = (route.config ?? {}) as { headers?: unknown; helmet?: unknown }
  const own = headers ?? helmet ?? inConfig
  if (own === undefined || own === false) return own
  if (typeof own !== 'object' || own === null) {
    return check.fail(`headers of ${route.url}`, 'an object or false', own)
  }
  const { skipRoute, ...rest } = given(own as Record<string, unknown>)
  return skipRoute ? false : rest
}

/** Security headers on every answer, computed once. */
export const headers: FastifyPluginAsync<HeadersOptions> = fp(plugin, {
  name: '@seaworthy/security/headers',
  fastify: '^5.10.0'
})
