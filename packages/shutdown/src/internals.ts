import { ServerResponse, IncomingMessage } from 'node:http'
import { Server as NetServer, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { symbolProperty } from '@seaworthy/internal'

// Every private part of Fastify, Node and pino that this package reads. Each function has a fallback, and
// `missingInternals` names at start what falls back.

/**
 * All servers of the app: `localhost` may be two addresses (IPv4 and IPv6), of which Fastify publishes the first.
 * Without `fastify.serverBindings`, the second address accepts connections until `app.close()`.
 */
export function serversOf(fastify: FastifyInstance): NetServer[] {
  const bindings = symbolProperty(fastify, 'fastify.serverBindings')
  const others = Array.isArray(bindings) ? (bindings as unknown[]) : []
  return [fastify.server, ...others].filter((server) => server instanceof NetServer)
}

/**
 * The options of Fastify's constructor, to see whether `shutdownServerOptions()` is among them. Without
 * `fastify.options` that warning is left out.
 */
export function constructorOptions(fastify: FastifyInstance): { return503OnClosing?: boolean } | undefined {
  return symbolProperty(fastify, 'fastify.options') as { return503OnClosing?: boolean } | undefined
}

/**
 * The unfinished response that Node has on the socket: of a request that another plugin's hook delays before our hook
 * has seen it, or that is answered beside Fastify. Without `_httpMessage` the drain may close such a connection as idle.
 */
export const unfinishedResponse = (
  socket: Socket & { _httpMessage?: ServerResponse | null }
): ServerResponse | undefined => socket._httpMessage ?? undefined

/**
 * The head of a response as Node has written it. `writeHead(200, { … })` on a raw response leaves its headers only
 * there. Without `_header` such an event stream ends at the deadline instead of after `streamGrace`.
 */
export const writtenHead = (response: ServerResponse & { _header?: string | null }): string =>
  response._header ?? ''

/**
 * The TCP socket below a TLS connection: one of those whose handshake is under way. Without `_parent` the addresses of
 * the two are compared.
 */
export function tcpSocketOf(
  secure: TLSSocket & { _parent?: Socket | null },
  handshakes: Iterable<Socket>
): Socket | undefined {
  if (secure._parent) return secure._parent
  for (const socket of handshakes) {
    if (socket.remotePort === secure.remotePort && socket.remoteAddress === secure.remoteAddress)
      return socket
  }
  return undefined
}

/**
 * Stops accepting connections and keeps the open ones: an HTTP server's `close()` would end the idle ones too. Both
 * methods are public, calling net's on an HTTP server is not documented. Bun's servers lack what it needs: they close.
 */
export function stopAccepting(server: NetServer): void {
  if (process.versions.bun === undefined) NetServer.prototype.close.call(server)
  else server.close()
}

/** The stream that pino writes to: its file destination, a worker thread, or a stream of the app. */
interface LogDestination {
  _writing?: boolean
  reopen?: unknown
  once?(event: 'drain', listener: () => void): unknown
}

/**
 * Calls `done` after the write that is under way: pino's file destination calls back from `flush` without waiting for
 * it, and an exit at that moment writes later lines first. Without `pino.stream` or `_writing` it calls `done` at once,
 * and the last lines of the log may be out of order.
 */
export function afterPendingWrite(log: FastifyBaseLogger, done: () => void): void {
  const destination = symbolProperty(log, 'pino.stream') as LogDestination | undefined
  if (destination?._writing && destination.once) destination.once('drain', done)
  else done()
}

/** The private parts that this app's Fastify, Node and pino do not have, each with the consequence. */
export function missingInternals(fastify: FastifyInstance): string[] {
  const missing: string[] = []
  if (!Array.isArray(symbolProperty(fastify, 'fastify.serverBindings')))
    missing.push('fastify.serverBindings (a second address of localhost is closed late)')
  if (constructorOptions(fastify) === undefined)
    missing.push('fastify.options (the constructor options are not checked)')

  const { httpMessage, header } = probeServerResponse()
  if (!httpMessage) missing.push('_httpMessage (a request delayed by another hook may be cut)')
  if (!header) missing.push('_header (raw event streams end at the deadline)')
  if (!hasReadableDestination(fastify.log))
    missing.push('pino.stream (the last log lines may be out of order)')
  return missing
}

/** Writes a response that goes nowhere, to see where this Node keeps its state. */
function probeServerResponse(): { httpMessage: boolean; header: boolean } {
  try {
    const socket = new Socket()
    const response = new ServerResponse(new IncomingMessage(socket))
    response.assignSocket(socket)
    const httpMessage = unfinishedResponse(socket) === response
    response.detachSocket(socket)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    return { httpMessage, header: /^content-type: text\/event-stream/im.test(writtenHead(response)) }
  } catch {
    return { httpMessage: false, header: false }
  }
}

/** Only pino's loggers have both methods. Of its destinations only the file has `reopen`, and `_writing`. */
function hasReadableDestination(log: FastifyBaseLogger & { flush?: unknown; bindings?: unknown }): boolean {
  if (typeof log.flush !== 'function' || typeof log.bindings !== 'function') return true
  const destination = symbolProperty(log, 'pino.stream') as LogDestination | undefined
  if (destination === undefined) return false
  return typeof destination.reopen !== 'function' || typeof destination._writing === 'boolean'
}
