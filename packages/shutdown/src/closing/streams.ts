import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Connections } from '../connections/connections.ts'
import type { InFlight } from '../connections/in-flight.ts'
import { unfinishedResponse } from '../internals.ts'

/** The decorator of `@fastify/websocket`. */
interface WebSocketServer {
  clients: Iterable<{ close(code: number, reason: string): void }>
}

/** Milliseconds that a WebSocket's peer has to answer the closing handshake. */
const closingHandshakeMs = 1000

/** A long poll of socket.io: Engine.IO answers it beside Fastify, and holds it until there is something to send. */
const longPoll = /[?&]EIO=\d/

/**
 * Ends connections that do not end by themselves: event streams, long polls, and WebSockets with 1001 (going away).
 */
export class Streams {
  readonly #fastify: FastifyInstance
  readonly #inFlight: InFlight
  readonly #connections: Connections
  #webSocketsClosedAt: number | undefined

  constructor(fastify: FastifyInstance, inFlight: InFlight, connections: Connections) {
    this.#fastify = fastify
    this.#inFlight = inFlight
    this.#connections = connections
  }

  /** Called repeatedly: streams may start late, and WebSockets whose peer does not answer are destroyed. */
  end(): void {
    for (const { raw } of this.#inFlight.eventStreams()) raw.end()
    for (const socket of this.#connections.sockets)
      if (longPoll.test(unfinishedResponse(socket)?.req.url ?? '')) socket.destroy()
    if (this.#webSocketsClosedAt === undefined) {
      this.#webSocketsClosedAt = performance.now()
      this.#closeWebSockets()
    } else if (performance.now() - this.#webSocketsClosedAt >= closingHandshakeMs) {
      for (const socket of this.#webSockets()) socket.destroy()
    }
  }

  #closeWebSockets(): void {
    if (this.#fastify.hasDecorator('websocketServer')) {
      const { clients } = this.#fastify.getDecorator<WebSocketServer>('websocketServer')
      for (const client of clients) client.close(1001, 'going away')
      return
    }
    // Another library, or a plugin registered in a child scope: the frame is the same for all of them.
    for (const socket of this.#webSockets()) writeCloseFrame(socket)
  }

  *#webSockets(): Generator<Socket> {
    for (const [socket, isWebSocket] of this.#connections.upgraded) if (isWebSocket) yield socket
  }
}

/** A close frame: FIN and opcode 8, two bytes of payload, 1001. */
function writeCloseFrame(socket: Socket): void {
  if (socket.writable) socket.write(Buffer.from([0x88, 0x02, 0x03, 0xe9]))
}
