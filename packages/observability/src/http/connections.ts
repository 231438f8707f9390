import { Socket } from 'node:net'
import type { Server } from 'node:http'
import type { FastifyReply } from 'fastify'

/** The requests without a complete response on a socket. Only pipelining makes more than one. */
interface OpenRequests {
  current: FastifyReply | undefined
  more: Set<FastifyReply> | undefined
}

type Holder = { [key: symbol]: OpenRequests | undefined } & NodeJS.EventEmitter

/**
 * Counts requests in flight and connections. Requests that are open when their socket closes were aborted: this takes one
 * listener per connection and none per request. On HTTP/2, the stream takes the place of the socket.
 */
export class Connections {
  inFlight: number = 0
  active: number = 0
  /** Requests in flight of routes whose answers last for as long as their client listens. */
  longLived: number = 0
  /** The requests of each connection, or stream of HTTP/2, for the operators' page. `undefined`: they are not kept. */
  kept: Set<OpenRequests> | undefined
  readonly #kOpen = Symbol('seaworthy.open')
  readonly #onAbort: (reply: FastifyReply) => void

  constructor(onAbort: (reply: FastifyReply) => void) {
    this.#onAbort = onAbort
  }

  /** Counts connections when they are made, not only those that carry a request. */
  watch(server: Server, http2: boolean): void {
    // TLS emits two sockets per connection. Requests have the second.
    const event = http2 ? 'session' : 'setSecureContext' in server ? 'secureConnection' : 'connection'
    server.on(event, (connection: unknown) => {
      const holder = connection as Holder
      if (holder[this.#kOpen] === undefined) this.#track(holder, true)
    })
  }

  open(reply: FastifyReply): void {
    this.inFlight++
    const holder = this.#holder(reply)
    const open = holder[this.#kOpen] ?? this.#track(holder, holder instanceof Socket)
    if (this.kept !== undefined && reply.request.raw.httpVersionMajor >= 2) this.kept.add(open)
    if (open.current === undefined) open.current = reply
    else (open.more ??= new Set()).add(reply)
  }

  /** Returns whether the request was open: after an abort it is not. */
  close(reply: FastifyReply): boolean {
    const open = this.#holder(reply)[this.#kOpen]
    if (open === undefined) return false
    if (open.current === reply) open.current = undefined
    else if (open.more?.delete(reply) !== true) return false
    this.inFlight--
    return true
  }

  /** The requests in flight. Those of `app.inject` are left out. */
  *replies(): Iterable<FastifyReply> {
    for (const { current, more } of this.kept ?? []) {
      if (current !== undefined) yield current
      if (more !== undefined) yield* more
    }
  }

  /** Whether a request is open on this socket. */
  isBusy(socket: Socket): boolean {
    return (socket as unknown as Holder)[this.#kOpen]?.current !== undefined
  }

  #holder({ raw, request }: FastifyReply): Holder {
    const { socket, httpVersionMajor } = request.raw
    // The socket of an injected request is a stand-in that several requests may share.
    return (httpVersionMajor < 2 && socket instanceof Socket ? socket : raw) as unknown as Holder
  }

  #track(holder: Holder, isConnection: boolean): OpenRequests {
    const open: OpenRequests = { current: undefined, more: undefined }
    holder[this.#kOpen] = open
    if (isConnection) {
      this.active++
      this.kept?.add(open)
    }
    holder.once('close', () => {
      if (isConnection) this.active--
      this.kept?.delete(open)
      const aborted = [open.current, ...(open.more ?? [])]
      open.current = open.more = undefined
      for (const reply of aborted) {
        if (reply === undefined) continue
        this.inFlight--
        this.#onAbort(reply)
      }
    })
    return open
  }
}

interface Http2Response {
  writableEnded: boolean
  stream?: { rstCode?: number }
}

/** Whether the response is incomplete. HTTP/2 emits "finish" for a cancelled stream too. */
export function wasAborted({ raw, request }: FastifyReply): boolean {
  if (request.raw.httpVersionMajor < 2) return raw.errored !== null && raw.errored !== undefined
  const { writableEnded, stream } = raw as unknown as Http2Response
  return !writableEnded || (stream?.rstCode ?? 0) !== 0
}
