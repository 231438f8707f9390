import type { ServerResponse } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { writtenHead } from '../internals.ts'

/** A request that was read and is not answered, as the log names it. */
export interface PendingRequest {
  method: string
  route: string
  id: string
  /** Milliseconds since it arrived. */
  age: number
}

/** The requests of one HTTP/1 connection: more than one where requests are pipelined. */
interface ConnectionRequests {
  readonly socket: Socket
  readonly replies: FastifyReply[]
}

type Tracked = Record<symbol, ConnectionRequests | undefined>

/** Whether the response that is about to start may be the last one on its connection. */
export type ShouldClose = (socket: Socket) => boolean

/**
 * The requests in flight. While the service runs, one costs an entry in its connection's list and a listener for its
 * end: nothing is allocated, and nothing is looked up by key.
 */
export class InFlight {
  /**
   * The key of a connection's requests, on its socket and on each response: `request.raw.socket` may be null at the end,
   * because undici takes it from the body that it has sent to another server. A symbol of each instance, because a
   * process may have several apps.
   */
  readonly #key = Symbol('seaworthy.shutdown.inFlight')
  readonly #connections = new Map<Socket, ConnectionRequests>()
  /** HTTP/2 and injected requests, which have no socket for themselves. */
  readonly #repliesWithoutSocket = new Map<ServerResponse, FastifyReply>()
  readonly #removeFromList: (this: ServerResponse) => void
  readonly #removeWithoutSocket: (this: ServerResponse) => void
  /** Set once draining has started. */
  #shouldClose: ShouldClose | undefined
  /** Called for each request that arrives while draining. */
  onRequest: (request: FastifyRequest) => void = () => undefined
  /** Called while draining for each connection that has no request left to answer. */
  onIdle: (socket: Socket) => void = () => undefined

  constructor() {
    const key = this.#key
    const notifyIdle = (socket: Socket) => {
      if (this.#shouldClose) this.onIdle(socket)
    }
    const repliesWithoutSocket = this.#repliesWithoutSocket
    this.#removeFromList = function removeFromList() {
      const connection = (this as unknown as Tracked)[key]
      if (connection === undefined) return
      const { socket, replies } = connection
      if (replies.length === 1 && replies[0]?.raw === this) replies.pop()
      else {
        const index = replies.findIndex(({ raw }) => raw === this)
        if (index >= 0) replies.splice(index, 1)
      }
      if (replies.length === 0) notifyIdle(socket)
    }
    this.#removeWithoutSocket = function removeWithoutSocket() {
      repliesWithoutSocket.delete(this)
    }
  }

  /** Adds a request until its response has closed. Runs on each request. */
  add(request: FastifyRequest, reply: FastifyReply): void {
    // An HTTP/2 stream that has ended has no socket, nor has a body that an earlier hook has sent on.
    const socket = request.raw.socket as unknown as Tracked | null | undefined
    const connection = socket?.[this.#key] ?? this.#createConnection(request)
    if (connection === undefined) {
      this.#repliesWithoutSocket.set(reply.raw, reply)
      reply.raw.on('close', this.#removeWithoutSocket)
    } else {
      connection.replies.push(reply)
      ;(reply.raw as unknown as Tracked)[this.#key] = connection
      reply.raw.on('close', this.#removeFromList)
    }
    if (this.#shouldClose === undefined) return
    if (connection) this.#closeAfter(reply, connection)
    this.onRequest(request)
  }

  /** Runs once for each connection. */
  #createConnection({ raw: { socket, httpVersionMajor } }: FastifyRequest): ConnectionRequests | undefined {
    if (httpVersionMajor !== 1 || !(socket instanceof Socket)) return undefined
    const connection: ConnectionRequests = { socket, replies: [] }
    ;(socket as unknown as Tracked)[this.#key] = connection
    this.#connections.set(socket, connection)
    socket.once('close', () => this.#connections.delete(socket))
    return connection
  }

  /** From here on each response carries `Connection: close` when `shouldClose` returns true for its connection. */
  startClosing(shouldClose: ShouldClose): void {
    const isStarted = this.#shouldClose !== undefined
    this.#shouldClose = shouldClose
    if (isStarted) return
    for (const connection of this.#connections.values())
      for (const reply of connection.replies) this.#closeAfter(reply, connection)
  }

  /**
   * Decides when the head is written, as late as possible: by then the requests that were pipelined behind this one
   * have been read, and only the response to the last of them may close the connection.
   */
  #closeAfter({ raw }: FastifyReply, { socket, replies }: ConnectionRequests): void {
    const writeHead = raw.writeHead.bind(raw) as (...args: unknown[]) => ServerResponse
    raw.writeHead = (...args: unknown[]): ServerResponse => {
      if (replies.length === 1 && !raw.headersSent && this.#shouldClose?.(socket))
        setConnectionClose(raw, args)
      return writeHead(...args)
    }
  }

  /** Whether this connection has a request that was read and is not answered. */
  isBusy(socket: Socket): boolean {
    return ((socket as unknown as Tracked)[this.#key]?.replies.length ?? 0) > 0
  }

  /** The HTTP/2 sessions that have a request in flight. */
  sessions(): Set<ServerHttp2Session> {
    type Response = { stream?: { session?: ServerHttp2Session } }
    const responses = this.#repliesWithoutSocket.keys() as Iterable<Response>
    return new Set(
      [...responses].map(({ stream }) => stream?.session).filter((session) => session !== undefined)
    )
  }

  *#replies(isUpgraded: (socket: Socket) => boolean = () => false): Generator<FastifyReply> {
    for (const { socket, replies } of this.#connections.values()) if (!isUpgraded(socket)) yield* replies
    yield* this.#repliesWithoutSocket.values()
  }

  /** The event streams that have started: they do not end by themselves. */
  eventStreams(): FastifyReply[] {
    return [...this.#replies()].filter(isEventStream)
  }

  /** The requests for the log, without upgraded connections: these keep their request until they close. */
  describe(isUpgraded: (socket: Socket) => boolean): PendingRequest[] {
    return [...this.#replies(isUpgraded)].map(({ request, elapsedTime }) => ({
      method: request.method,
      route: request.routeOptions.url ?? '__unmatched__',
      id: request.id,
      age: Math.round(elapsedTime)
    }))
  }

  /** How many requests are in flight, without upgraded connections. */
  count(isUpgraded: (socket: Socket) => boolean): number {
    let count = this.#repliesWithoutSocket.size
    for (const { socket, replies } of this.#connections.values())
      if (replies.length > 0 && !isUpgraded(socket)) count += replies.length
    return count
  }

  /** Destroys the responses of all requests in flight. */
  destroyAll(): void {
    for (const { raw } of this.#replies()) raw.destroy()
  }
}

function isEventStream({ raw }: FastifyReply): boolean {
  if (!raw.headersSent || raw.writableEnded) return false
  const type = raw.getHeader('content-type')
  return type === undefined
    ? /^content-type: *text\/event-stream/im.test(writtenHead(raw))
    : String(type).startsWith('text/event-stream')
}

/** The headers in `writeHead(status, reason?, headers?)` overrule `setHeader`, so both are set. */
function setConnectionClose(response: ServerResponse, writeHeadArgs: unknown[]): void {
  response.setHeader('connection', 'close')
  const argument = writeHeadArgs.find((value) => typeof value === 'object' && value !== null)
  if (argument === undefined || Array.isArray(argument)) return
  const headers = argument as Record<string, unknown>
  for (const name in headers) if (name.toLowerCase() === 'connection') headers[name] = 'close'
}
