import { Socket } from 'node:net'
import type { Server } from 'node:http'
import type { FastifyReply } from 'fastify'

/** What is open on a socket. Pipelining makes more than one; the first costs no collection. */
interface Open {
  current: FastifyReply | undefined
  more: Set<FastifyReply> | undefined
}

type Holder = { [key: symbol]: Open | undefined } & NodeJS.EventEmitter

/**
 * Requests in flight and connections. Whatever is open on a socket when it closes was aborted: one listener per
 * connection, none per request. On HTTP/2 it is the stream.
 */
export class Connections {
  inFlight: number = 0
  active: number = 0
  readonly #kOpen = Symbol('seaworthy.open')
  readonly #onAbort: (reply: FastifyReply) => void

  constructor(onAbort: (reply: FastifyReply) => void) {
    this.#onAbort = onAbort
  }

  /** Counts connections as they come, not only those that carry a request. */
  watch(server: Server, http2: boolean): void {
    // TLS announces two sockets per connection: requests will name the second.
    const event = http2 ? 'session' : 'setSecureContext' in server ? 'secureConnection' : 'connection'
    server.on(event, (connection: unknown) => {
      const holder = connection as Holder
      if (holder[this.#kOpen] === undefined) this.#follow(holder, true)
    })
  }

  open(reply: FastifyReply): void {
    this.inFlight++
    const holder = this.#holder(reply)
    const open = holder[this.#kOpen] ?? this.#follow(holder, holder instanceof Socket)
    if (open.current === undefined) open.current = reply
    else (open.more ??= new Set()).add(reply)
  }

  /** Whether this was the request's end: not the case after an abort. */
  close(reply: FastifyReply): boolean {
    const open = this.#holder(reply)[this.#kOpen]
    if (open === undefined) return false
    if (open.current === reply) open.current = undefined
    else if (open.more?.delete(reply) !== true) return false
    this.inFlight--
    return true
  }

  /** Whether a request is open on this socket: whatever ends the socket ends that one. */
  busy(socket: Socket): boolean {
    return (socket as unknown as Holder)[this.#kOpen]?.current !== undefined
  }

  #holder({ raw, request }: FastifyReply): Holder {
    const { socket, httpVersionMajor } = request.raw
    // An injected request's socket is a stand-in that many may share.
    return (httpVersionMajor < 2 && socket instanceof Socket ? socket : raw) as unknown as Holder
  }

  #follow(holder: Holder, connection: boolean): Open {
    const open: Open = { current: undefined, more: undefined }
    holder[this.#kOpen] = open
    if (connection) this.active++
    holder.once('close', () => {
      if (connection) this.active--
      const left = [open.current, ...(open.more ?? [])]
      open.current = open.more = undefined
      for (const reply of left) {
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

/** Whether the answer's end was no end. HTTP/2 announces "finish" for a cancelled stream too. */
export function brokenOff({ raw, request }: FastifyReply): boolean {
  if (request.raw.httpVersionMajor < 2) return raw.errored !== null && raw.errored !== undefined
  const { writableEnded, stream } = raw as unknown as Http2Response
  return !writableEnded || (stream?.rstCode ?? 0) !== 0
}
