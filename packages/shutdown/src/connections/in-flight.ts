import type { ServerResponse } from 'node:http'
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

type TrackedSocket = Socket & Record<symbol, FastifyReply[] | undefined>

/** Whether the response that is about to start may be the last one on its connection. */
export type ShouldClose = (socket: Socket) => boolean

/**
 * The requests in flight. While the service runs, one costs an entry in its connection's list and a listener for its
 * end: nothing is allocated, and nothing is looked up by key.
 */
export class InFlight {
  /** The key of a connection's list. A symbol of each instance, because a process may have several apps. */
  readonly #key = Symbol('seaworthy.shutdown.inFlight')
  /** The list of each HTTP/1 connection: more than one reply where requests are pipelined. */
  readonly #lists = new Map<Socket, FastifyReply[]>()
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
      const { socket } = this.req
      const list = (socket as TrackedSocket)[key]
      if (list === undefined) return
      if (list.length === 1 && list[0]?.raw === this) list.pop()
      else {
        const index = list.findIndex(({ raw }) => raw === this)
        if (index >= 0) list.splice(index, 1)
      }
      if (list.length === 0) notifyIdle(socket)
    }
    this.#removeWithoutSocket = function removeWithoutSocket() {
      repliesWithoutSocket.delete(this)
    }
  }

  /** Adds a request until its response has closed. Runs on each request. */
  add(request: FastifyRequest, reply: FastifyReply): void {
    const { socket } = request.raw
    const list = (socket as TrackedSocket)[this.#key] ?? this.#createList(request)
    if (list === undefined) {
      this.#repliesWithoutSocket.set(reply.raw, reply)
      reply.raw.on('close', this.#removeWithoutSocket)
    } else {
      list.push(reply)
      reply.raw.on('close', this.#removeFromList)
    }
    if (this.#shouldClose === undefined) return
    if (list) this.#closeAfter(reply, list)
    this.onRequest(request)
  }

  /** Runs once for each connection. */
  #createList({ raw: { socket, httpVersionMajor } }: FastifyRequest): FastifyReply[] | undefined {
    if (httpVersionMajor !== 1 || !(socket instanceof Socket)) return undefined
    const list: FastifyReply[] = []
    ;(socket as TrackedSocket)[this.#key] = list
    this.#lists.set(socket, list)
    socket.once('close', () => this.#lists.delete(socket))
    return list
  }

  /** From here on each response carries `Connection: close` when `shouldClose` returns true for its connection. */
  startClosing(shouldClose: ShouldClose): void {
    const isStarted = this.#shouldClose !== undefined
    this.#shouldClose = shouldClose
    if (isStarted) return
    for (const list of this.#lists.values()) for (const reply of list) this.#closeAfter(reply, list)
  }

  /**
   * Decides when the head is written, as late as possible: by then the requests that were pipelined behind this one
   * have been read, and only the response to the last of them may close the connection.
   */
  #closeAfter({ raw }: FastifyReply, list: readonly FastifyReply[]): void {
    const { socket } = raw.req
    const writeHead = raw.writeHead.bind(raw) as (...args: unknown[]) => ServerResponse
    raw.writeHead = (...args: unknown[]): ServerResponse => {
      if (list.length === 1 && !raw.headersSent && this.#shouldClose?.(socket)) setConnectionClose(raw, args)
      return writeHead(...args)
    }
  }

  /** Whether this connection has a request that was read and is not answered. */
  isBusy(socket: Socket): boolean {
    return ((socket as TrackedSocket)[this.#key]?.length ?? 0) > 0
  }

  *#replies(): Generator<FastifyReply> {
    for (const list of this.#lists.values()) yield* list
    yield* this.#repliesWithoutSocket.values()
  }

  /** The event streams that have started: they do not end by themselves. */
  eventStreams(): FastifyReply[] {
    return [...this.#replies()].filter(isEventStream)
  }

  /** The requests for the log, without upgraded connections: these keep their request until they close. */
  describe(isUpgraded: (socket: Socket) => boolean): PendingRequest[] {
    return [...this.#replies()]
      .filter(({ request }) => !isUpgraded(request.raw.socket))
      .map(({ request, elapsedTime }) => ({
        method: request.method,
        route: request.routeOptions.url ?? '__unmatched__',
        id: request.id,
        age: Math.round(elapsedTime)
      }))
  }

  /** How many requests are in flight, without upgraded connections. */
  count(isUpgraded: (socket: Socket) => boolean): number {
    let count = this.#repliesWithoutSocket.size
    for (const [socket, list] of this.#lists) if (list.length > 0 && !isUpgraded(socket)) count += list.length
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
