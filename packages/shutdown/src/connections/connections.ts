import type { IncomingMessage } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import { Server as NetServer, type Socket } from 'node:net'
import { Server as TlsServer, type TLSSocket } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { internal } from '../internals.ts'

/** Every open connection of every address that the app listens on. */
export class Connections {
  /** What carries HTTP/1, or nothing yet. */
  readonly sockets = new Set<Socket>()
  /** TLS connections below their handshake: what they carry is decided above. */
  readonly handshakes = new Set<Socket>()
  /** WebSockets and the like, with whether they speak WebSocket. */
  readonly upgraded = new Map<Socket, boolean>()
  readonly sessions = new Set<ServerHttp2Session>()
  readonly #servers = new Set<NetServer>()
  /** Told of each HTTP/2 session that starts. */
  onSession: (session: ServerHttp2Session) => void = () => undefined

  get empty(): boolean {
    return this.sockets.size + this.handshakes.size + this.upgraded.size + this.sessions.size === 0
  }

  /** Watches a server; one that is watched already is left alone. */
  watch(server: NetServer): void {
    if (this.#servers.has(server)) return
    this.#servers.add(server)
    const speaksHttp2 = 'updateSettings' in server
    if (server instanceof TlsServer) {
      server.on('connection', (socket: Socket) => keep(this.handshakes, socket))
      server.on('secureConnection', (socket: TLSSocket) => {
        this.handshakes.delete((socket as TLSSocket & { _parent?: Socket })._parent ?? socket)
        if (socket.alpnProtocol !== 'h2') keep(this.sockets, socket)
      })
    } else if (!speaksHttp2) server.on('connection', (socket: Socket) => keep(this.sockets, socket))
    if (speaksHttp2) server.on('session', (session: ServerHttp2Session) => this.#session(session))
    this.#watchUpgrades(server)
  }

  #session(session: ServerHttp2Session): void {
    keep(this.sessions, session)
    this.onSession(session)
  }

  /** A listener of ours alone would make Node wait for somebody to upgrade: we only join others. */
  #watchUpgrades(server: NetServer): void {
    const upgrade = (request: IncomingMessage, socket: Socket) => {
      this.sockets.delete(socket)
      this.upgraded.set(socket, request.headers.upgrade?.toLowerCase() === 'websocket')
      socket.once('close', () => this.upgraded.delete(socket))
    }
    if (server.listenerCount('upgrade') > 0) {
      server.prependListener('upgrade', upgrade)
      return
    }
    const joined = (name: string | symbol, listener: unknown) => {
      if (name !== 'upgrade' || listener === upgrade) return
      server.off('newListener', joined)
      server.on('upgrade', upgrade)
    }
    server.on('newListener', joined)
  }

  /** Stops accepting and keeps every connection: the HTTP server's own `close()` would end the idle ones too. */
  stopListening(): void {
    for (const server of this.#servers) {
      if (!server.listening) continue
      // Bun's servers do not have what net's own `close()` needs.
      if (process.versions.bun === undefined) NetServer.prototype.close.call(server)
      else server.close()
    }
  }

  /** Ends whatever is left, of any kind. */
  destroyAll(): void {
    for (const session of this.sessions) session.destroy()
    for (const set of [this.sockets, this.handshakes, this.upgraded.keys()]) {
      for (const socket of set) socket.destroy()
    }
  }
}

function keep<T extends Socket | ServerHttp2Session>(set: Set<T>, entry: T): void {
  set.add(entry)
  ;(entry as Socket).once('close', () => set.delete(entry))
}

/** All servers of the app: `localhost` is two addresses, of which Fastify gives only the first. */
export function serversOf(fastify: FastifyInstance): NetServer[] {
  const others = internal(fastify, 'fastify.serverBindings') as NetServer[] | undefined
  return [fastify.server, ...(others ?? [])].filter((server) => server instanceof NetServer)
}
