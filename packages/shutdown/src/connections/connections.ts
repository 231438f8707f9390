import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import type { Server as NetServer, Socket } from 'node:net'
import { Server as TlsServer, type TLSSocket } from 'node:tls'
import { stopAccepting, tcpSocketOf } from '../internals.ts'

/** Milliseconds of a turn of the event loop in which hardly a client can have connected unseen. */
const shortTurnMs = 0.1
/** Milliseconds that a short turn is waited for: a process that is always busy has none. Then a longer one will do. */
const shortTurnWaitMs = 100
/** Milliseconds after which the listeners close in any case: under a flood each turn brings a connection. */
const longestWaitMs = 500

/** Every open connection of every address that the app listens on. */
export class Connections {
  /** Connections that carry HTTP/1, or nothing yet. */
  readonly sockets = new Set<Socket>()
  /** TCP connections whose TLS handshake is under way: the protocol is not negotiated yet. */
  readonly handshakes = new Set<Socket>()
  /** Upgraded connections. The value tells whether the protocol is WebSocket. */
  readonly upgraded = new Map<Socket, boolean>()
  readonly sessions = new Set<ServerHttp2Session>()
  readonly #servers = new Set<NetServer>()
  readonly #removers: (() => void)[] = []
  /** How many connections have been accepted. */
  #accepted = 0
  /** Requests that wait until the listeners have closed. */
  #held: (() => void)[] | undefined

  get isEmpty(): boolean {
    return this.sockets.size + this.handshakes.size + this.upgraded.size + this.sessions.size === 0
  }

  /** Tracks the connections of a server. A second call for the same server does nothing. */
  watch(server: NetServer): void {
    if (this.#servers.has(server)) return
    this.#servers.add(server)
    this.#on(server, 'connection', () => void this.#accepted++)
    const speaksHttp2 = 'updateSettings' in server
    if (server instanceof TlsServer) this.#watchTls(server)
    else if (!speaksHttp2)
      this.#on(server, 'connection', (socket: Socket) => addUntilClose(this.sockets, socket))
    if (speaksHttp2)
      this.#on(server, 'session', (session: ServerHttp2Session) => addUntilClose(this.sessions, session))
    this.#watchUpgrades(server)
  }

  #watchTls(server: TlsServer): void {
    this.#on(server, 'connection', (socket: Socket) => addUntilClose(this.handshakes, socket))
    this.#on(server, 'secureConnection', (socket: TLSSocket) => {
      const tcpSocket = tcpSocketOf(socket, this.handshakes)
      if (tcpSocket) this.handshakes.delete(tcpSocket)
      if (socket.alpnProtocol !== 'h2') addUntilClose(this.sockets, socket)
    })
  }

  /** With an `upgrade` listener of ours alone, Node would leave upgrade requests unanswered: ours waits for another. */
  #watchUpgrades(server: NetServer): void {
    const onUpgrade = (request: IncomingMessage, socket: Socket) => {
      this.sockets.delete(socket)
      this.upgraded.set(socket, request.headers.upgrade?.toLowerCase() === 'websocket')
      socket.once('close', () => this.upgraded.delete(socket))
    }
    if (server.listenerCount('upgrade') > 0) {
      server.prependListener('upgrade', onUpgrade)
      this.#removers.push(() => server.off('upgrade', onUpgrade))
      return
    }
    const onNewListener = (name: string | symbol, listener: unknown) => {
      if (name !== 'upgrade' || listener === onUpgrade) return
      server.off('newListener', onNewListener)
      this.#on(server, 'upgrade', onUpgrade)
    }
    this.#on(server, 'newListener', onNewListener)
  }

  #on(server: NetServer, event: string, listener: Parameters<EventEmitter['on']>[1]): void {
    server.on(event, listener)
    this.#removers.push(() => server.off(event, listener))
  }

  /** No longer tracks new connections: the server is that of another app. */
  unwatch(): void {
    for (const remove of this.#removers.splice(0)) remove()
  }

  /** Calls `done` in the next turn of the event loop; while the listeners are about to close, as soon as they have. */
  admit(done: () => void): void {
    if (this.#held === undefined) setImmediate(done)
    else this.#held.push(done)
  }

  /**
   * Stops accepting connections and keeps those that are open. Before that it accepts those that the system has
   * established already: they would be reset. Node accepts one in each turn of the event loop, so requests are held in
   * the meantime: turns are short, and no client connects again because it has got its response.
   */
  async stopListening(): Promise<void> {
    if (![...this.#servers].some(({ listening }) => listening)) return
    this.#held ??= []
    try {
      await this.#untilAccepted()
    } finally {
      for (const server of this.#servers) if (server.listening) stopAccepting(server)
      for (const done of this.#held?.splice(0) ?? []) setImmediate(done)
      this.#held = undefined
    }
  }

  /** Resolves right after a turn of the event loop that was short and brought no connection. */
  async #untilAccepted(): Promise<void> {
    const begin = performance.now()
    for (let isFirst = true; ; isFirst = false) {
      const start = performance.now()
      const accepted = this.#accepted
      // oxlint-disable-next-line no-await-in-loop -- it watches
      await new Promise((resolve) => setImmediate(resolve))
      const now = performance.now()
      const isShort = now - start < shortTurnMs || now - begin >= shortTurnWaitMs
      if (!isFirst && accepted === this.#accepted && isShort) return
      if (now - begin >= longestWaitMs) return
    }
  }

  /** Destroys all open connections of every kind. */
  destroyAll(): void {
    for (const session of this.sessions) session.destroy()
    for (const set of [this.sockets, this.handshakes, this.upgraded.keys()]) {
      for (const socket of set) socket.destroy()
    }
  }
}

function addUntilClose<T extends Socket | ServerHttp2Session>(set: Set<T>, entry: T): void {
  set.add(entry)
  ;(entry as Socket).once('close', () => set.delete(entry))
}
