import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Connections } from '../connections/connections.ts'
import type { InFlight } from '../connections/in-flight.ts'

/** What `@fastify/websocket` decorates with. */
interface WebSocketServer {
  clients: Iterable<{ close(code: number, reason: string): void }>
}

/** Milliseconds that a WebSocket's peer has to answer the closing handshake. */
const handshake = 1000

/** Ends what would never end: event streams, and WebSockets with 1001 (going away). */
export class Streams {
  readonly #fastify: FastifyInstance
  readonly #inFlight: InFlight
  readonly #connections: Connections
  #told: number | undefined

  constructor(fastify: FastifyInstance, inFlight: InFlight, connections: Connections) {
    this.#fastify = fastify
    this.#inFlight = inFlight
    this.#connections = connections
  }

  end(): void {
    for (const { raw } of this.#inFlight.eventStreams()) raw.end()
    if (this.#told !== undefined) {
      if (performance.now() - this.#told >= handshake) this.#leave()
      return
    }

    this.#told = performance.now()
    if (this.#fastify.hasDecorator('websocketServer')) {
      const { clients } = this.#fastify.getDecorator<WebSocketServer>('websocketServer')
      for (const client of clients) client.close(1001, 'going away')
      return
    }
    // Some other library's, or registered in a scope of its own: the frame is the same for all of them.
    for (const [socket, speaksWebSocket] of this.#connections.upgraded) if (speaksWebSocket) goAway(socket)
  }

  /** Peers that were told and don't answer. */
  #leave(): void {
    for (const [socket, speaksWebSocket] of this.#connections.upgraded) if (speaksWebSocket) socket.destroy()
  }
}

/** A close frame: FIN and opcode 8, two bytes of payload, 1001. */
const goAway = (socket: Socket): boolean =>
  socket.writable && socket.write(Buffer.from([0x88, 0x02, 0x03, 0xe9]))
