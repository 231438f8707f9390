import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A request that has been read and not yet been answered, as the log names it. */
export interface NamedRequest {
  method: string
  route: string
  id: string
  /** Milliseconds since it arrived. */
  age: number
}

interface Entry {
  request: FastifyRequest
  reply: FastifyReply
}

/** Whether the answer that is about to start may be the last one on its connection. */
export type ClosesConnection = (socket: Socket) => boolean

/** The requests in flight. While the service runs this is one map entry per request, and nothing else. */
export class InFlight {
  readonly #entries = new Map<ServerResponse, Entry>()
  readonly #forget: (this: ServerResponse) => void
  /** How many of them each HTTP/1 connection carries; kept only once draining has started. */
  #perSocket: Map<Socket, number> | undefined
  #closes: ClosesConnection = () => false
  /** Told of each request that arrives while draining. */
  onArrival: (request: FastifyRequest) => void = () => undefined
  /** Told of each connection that has nothing left to answer while draining. */
  onIdle: (socket: Socket) => void = () => undefined

  constructor() {
    const remove = (response: ServerResponse) => this.#remove(response)
    this.#forget = function forget() {
      remove(this)
    }
  }

  get size(): number {
    return this.#entries.size
  }

  /** The hot path. */
  add(request: FastifyRequest, reply: FastifyReply): void {
    const response = reply.raw
    this.#entries.set(response, { request, reply })
    response.on('close', this.#forget)
    if (this.#perSocket === undefined) return
    this.#count(request, response)
    this.onArrival(request)
  }

  #remove(response: ServerResponse): void {
    const entry = this.#entries.get(response)
    if (entry === undefined) return
    this.#entries.delete(response)
    if (this.#perSocket === undefined || entry.request.raw.httpVersionMajor !== 1) return
    const { socket } = entry.request.raw
    const left = (this.#perSocket.get(socket) ?? 1) - 1
    if (left > 0) {
      this.#perSocket.set(socket, left)
      return
    }
    this.#perSocket.delete(socket)
    this.onIdle(socket)
  }

  /** From here on answers ask `closes` whether they are to carry `Connection: close`. */
  watch(closes: ClosesConnection): void {
    this.#closes = closes
    if (this.#perSocket !== undefined) return
    this.#perSocket = new Map()
    for (const [response, { request }] of this.#entries) this.#count(request, response)
  }

  #count(request: FastifyRequest, response: ServerResponse): void {
    const { socket, httpVersionMajor } = request.raw
    const perSocket = this.#perSocket
    if (perSocket === undefined || httpVersionMajor !== 1) return
    perSocket.set(socket, (perSocket.get(socket) ?? 0) + 1)

    // The decision falls when the head is written, as late as can be: by then the requests that were pipelined
    // behind this one have been read, and only the last of them may say that the connection ends.
    const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse
    response.writeHead = (...args: unknown[]): ServerResponse => {
      if (perSocket.get(socket) === 1 && !response.headersSent && this.#closes(socket))
        markLast(response, args)
      return writeHead(...args)
    }
  }

  /** Whether this connection carries a request that was read and not answered. */
  busy(socket: Socket): boolean {
    return this.#perSocket?.has(socket) ?? false
  }

  /** The replies that have started and go on until somebody ends them. */
  eventStreams(): FastifyReply[] {
    return [...this.#entries.values()].map(({ reply }) => reply).filter(isEventStream)
  }

  /** Requests that are no connection in disguise: an upgraded socket keeps its request until it closes. */
  named(upgraded: (socket: Socket) => boolean): NamedRequest[] {
    return [...this.#entries.values()]
      .filter(({ request }) => !upgraded(request.raw.socket))
      .map(({ request, reply }) => ({
        method: request.method,
        route: request.routeOptions.url ?? '__unmatched__',
        id: request.id,
        age: Math.round(reply.elapsedTime)
      }))
  }

  /** How many requests are in flight that are not an upgraded connection. */
  waiting(upgraded: (socket: Socket) => boolean): number {
    let count = 0
    for (const { request } of this.#entries.values()) if (!upgraded(request.raw.socket)) count++
    return count
  }

  /** Ends the connections of what is left. */
  cut(): void {
    for (const response of this.#entries.keys()) response.destroy()
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
