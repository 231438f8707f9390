import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasHook, openTelemetryIsUsed } from '../internals/index.ts'
import { adoptLaterSpans, adoptSpan } from '../tracing/adopt-span.ts'
import type { IdSource } from '../tracing/request-ids.ts'
import type { ServerSpans } from '../spans/server-spans.ts'
import { Connections, wasAborted } from './connections.ts'
import { ensureId } from './ensure-id.ts'
import type { RequestEnd } from './request-end.ts'
import type { Routes } from './routes.ts'

export interface RequestHookParts {
  routes: Routes
  ids: IdSource
  requests: RequestEnd
  serverSpans: ServerSpans | undefined
}

/** Adds the hooks of a request's way, from its id to its end. Returns the connections that they count. */
export function addRequestHooks(
  fastify: FastifyInstance,
  { routes, ids, requests, serverSpans }: RequestHookParts
): Connections {
  const { header } = ids.options
  const { failed, end, endUnopened } = requests
  const connections = new Connections((reply) => ended(reply.request, reply, true))
  const isLongLived = (request: FastifyRequest) => routes.haveLongLived && routes.of(request).longLived
  const ended = (request: FastifyRequest, reply: FastifyReply, aborted: boolean) => {
    if (isLongLived(request)) connections.longLived--
    end(request, reply, aborted)
  }

  if (hasHook(fastify, 'onRequest')) {
    // An earlier hook may answer before ours has set the id.
    fastify.addHook('onSend', (request, reply, _payload, done) => {
      if (!reply.hasHeader(header)) reply.header(header, ensureId(request, ids))
      done()
    })
  }
  fastify.addHook('onRoute', (route) => routes.add(route))
  adoptLaterSpans(fastify, ids)
  let adoptsSpans = false
  fastify.addHook('onReady', (done) => {
    adoptsSpans = openTelemetryIsUsed()
    done()
  })
  fastify.addHook('onRequest', (request, reply, done) => {
    if (adoptsSpans) adoptSpan(request, ids)
    reply.header(header, ensureId(request, ids))
    connections.open(reply)
    if (isLongLived(request)) connections.longLived++
    if (serverSpans === undefined) done()
    else serverSpans.run(request, routes.of(request), done)
  })
  fastify.addHook('onError', (request, reply, error, done) => {
    // A hook that was added before ours may have thrown it.
    ensureId(request, ids)
    failed(request, reply, error)
    done()
  })
  fastify.addHook('onResponse', (request, reply, done) => {
    if (connections.close(reply)) ended(request, reply, wasAborted(reply))
    else endUnopened(request, reply, wasAborted(reply))
    done()
  })
  connections.watch(fastify.server, fastify.initialConfig.http2 === true)
  return connections
}
