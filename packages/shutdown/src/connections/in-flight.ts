import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A request that has been read and not yet been answered, as the log names it. */
export interface NamedRequest {
  method: string
  route: string
  id: string
  /** Milliseconds since it arrived. */
  age: number
}

type Kept = Socket & Record<symbol, FastifyReply[] | undefined>

/** Whether the answer that is about to start may be the last one on its connection. */
export type ClosesConnection = (socket: Socket) => boolean

/**
 * The requests in flight. While the service runs, the price of one is an entry in its connection's own list and a
 * listener for its end: nothing is allocated, and nothing is looked up by key.
 */
export class InFlight {
  /** Where a connection keeps its list. Apps of a process must not meet. */
  readonly #key = Symbol('seaworthy.shutdown.inFlight')
  /** The list of each HTTP/1 connection: more than one reply where requests are pipelined. */
  readonly #lists = new Map<Socket, FastifyReply[]>()
  /** HTTP/2 and injected requests, which have no socket of their own. */
  readonly #others = new Map<ServerResponse, FastifyReply>()
  readonly #forget: (this: ServerResponse) => void
  readonly #forgetOther: (this: ServerResponse) => void
  /** Set once draining has started. */
  #closes: ClosesConnection | undefined
  /** Told of each request that arrives while draining. */
  onArrival: (request: FastifyRequest) => void = () => undefined
  /** Told of each connection that has nothing left to answer while draining. */
  onIdle: (socket: Socket) => void = () => undefined

  constructor() {
    const key = this.#key
    const idle = (socket: Socket) => {
      if (this.#closes) this.onIdle(socket)
    }
    const others = this.#others
    this.#forget = function forget() {
      const { socket } = this.req
      const list = (socket as Kept)[key]
      if (list === undefined) return
      if (list.length === 1 && list[0]?.raw === this) list.pop()
      else {
        const at = list.findIndex(({ raw }) => raw === this)
        if (at >= 0) list.splice(at, 1)
      }
      if (list.length === 0) idle(socket)
    }
    this.#forgetOther = function forget() {
      others.delete(this)
    }
  }

  /** The hot path. */
  add(request: FastifyRequest, reply: FastifyReply): void {
    const { socket } = request.raw
    const list = (socket as Kept)[this.#key] ?? this.#listOf(request)
    if (list === undefined) {
      this.#others.set(reply.raw, reply)
      reply.raw.on('close', this.#forgetOther)
    } else {
      list.push(reply)
      reply.raw.on('close', this.#forget)
    }
    if (this.#closes === undefined) return
    if (list) this.#mark(reply, list)
    this.onArrival(request)
  }

  /** Once per connection. */
  #listOf({ raw: { socket, httpVersionMajor } }: FastifyRequest): FastifyReply[] | undefined {
    if (httpVersionMajor !== 1 || !(socket instanceof Socket)) return undefined
    const list: FastifyReply[] = []
    ;(socket as Kept)[this.#key] = list
    this.#lists.set(socket, list)
    socket.once('close', () => this.#lists.delete(socket))
    return list
  }

  /** From here on answers ask `closes` whether they are to carry `Connection: close`. */
  watch(closes: ClosesConnection): void {
    const already = this.#closes !== undefined
    this.#closes = closes
    if (already) return
    for (const list of this.#lists.values()) for (const reply of list) this.#mark(reply, list)
  }

  /**
   * The decision falls when the head is written, as late as can be: by then the requests that were pipelined behind
   * this one have been read, and only the last of them may say that the connection ends.
   */
  #mark({ raw }: FastifyReply, list: readonly FastifyReply[]): void {
    const { socket } = raw.req
    const writeHead = raw.writeHead.bind(raw) as (...args: unknown[]) => ServerResponse
    raw.writeHead = (...args: unknown[]): ServerResponse => {
      if (list.length === 1 && !raw.headersSent && this.#closes?.(socket)) markLast(raw, args)
      return writeHead(...args)
    }
  }

  /** Whether this connection carries a request that was read and not answered. */
  busy(socket: Socket): boolean {
    return ((socket as Kept)[this.#key]?.length ?? 0) > 0
  }

  /** All of them. */
  *#replies(): Generator<FastifyReply> {
    for (const list of this.#lists.values()) yield* list
    yield* this.#others.values()
  }

  /** The replies that have started and go on until somebody ends them. */
  eventStreams(): FastifyReply[] {
    return [...this.#replies()].filter(isEventStream)
  }

  /** Requests that are no connection in disguise: an upgraded socket keeps its request until it closes. */
  named(upgraded: (socket: Socket) => boolean): NamedRequest[] {
    return [...this.#replies()]
      .filter(({ request }) => !upgraded(request.raw.socket))
      .map(({ request, elapsedTime }) => ({
        method: request.method,
        route: request.routeOptions.url ?? '__unmatched__',
        id: request.id,
        age: Math.round(elapsedTime)
      }))
  }

  /** How many requests are in flight that are not an upgraded connection. */
  waiting(upgraded: (socket: Socket) => boolean): number {
    let count = this.#others.size
    for (const [socket, list] of this.#lists) if (list.length > 0 && !upgraded(socket)) count += list.length
    return count
  }

  /** Ends the connections of what is left. */
  cut(): void {
    for (const { raw } of this.#replies()) raw.destroy()
  }
}

/** `writeHead(200, { … })` on a raw response leaves its headers only in the head that was written. */
function isEventStream({ raw }: FastifyReply): boolean {
  if (!raw.headersSent || raw.writableEnded) return false
  const { _header: head } = raw as typeof raw & { _header?: string | null }
  const type = raw.getHeader('content-type')
  return type === undefined
    ? /^content-type: *text\/event-stream/im.test(head ?? '')
    : String(type).startsWith('text/event-stream')
}

/** `writeHead(status, reason?, headers?)`: what it is given overrules `setHeader`, so it goes in there too. */
function markLast(response: ServerResponse, args: unknown[]): void {
  response.setHeader('connection', 'close')
  const headers = args.find((argument) => typeof argument === 'object' && argument !== null)
  if (headers === undefined || Array.isArray(headers)) return
  const given = headers as Record<string, unknown>
  for (const name in given) if (name.toLowerCase() === 'connection') given[name] = 'close'
}
