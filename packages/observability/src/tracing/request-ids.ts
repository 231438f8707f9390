import type { IncomingMessage } from 'node:http'
import { activeSpan } from '../internals.ts'
import type { ResolvedCorrelation } from './options.ts'
import { spanIdSource, traceIdSource, uuidOf } from './random-ids.ts'
import { isSampled, parseTraceparent, validTracestate } from './trace-context.ts'

/** The ids of a request, here and in the services around. */
export interface RequestIds {
  correlationId: string
  traceId: string
  /** The span of this service. Made when it is first needed. */
  spanId: string | undefined
  flags: string
  tracestate: string | undefined
}

const kIds = Symbol('seaworthy.ids')
type Identified = IncomingMessage & { [kIds]?: RequestIds }

const validId = /^[\w.-]{1,64}$/

/** Gives each request its ids, before its logger exists, and sends them to other services. */
export class IdSource {
  readonly options: ResolvedCorrelation
  readonly #spanId = spanIdSource()
  readonly #traceId = traceIdSource()

  constructor(options: ResolvedCorrelation) {
    this.options = options
  }

  /** Fastify's `genReqId`. */
  readonly genReqId = (raw: IncomingMessage): string => this.identify(raw).correlationId

  /** The ids of a request. Made once. */
  of(raw: IncomingMessage, correlationId?: string): RequestIds {
    return (raw as Identified)[kIds] ?? this.identify(raw, correlationId)
  }

  identify(raw: IncomingMessage, requestId?: string): RequestIds {
    const { header, trusts, generate } = this.options
    const trusted = trusts === undefined || trusts(raw.socket.remoteAddress ?? '')
    const inbound = trusted ? raw.headers[header] : undefined
    const fresh = this.#traceId()
    const correlationId =
      requestId ??
      (typeof inbound === 'string' && validId.test(inbound) ? inbound : generateId(generate, raw, fresh))

    const span = activeSpan()
    const parent =
      span === undefined && trusted
        ? parseTraceparent(raw.headers.traceparent as string | undefined)
        : undefined
    const ids: RequestIds = {
      correlationId,
      // A new trace has the digits of the correlation id, so that a search for one finds the other.
      traceId: span?.traceId ?? parent?.traceId ?? fresh,
      spanId: span?.spanId,
      flags: span === undefined ? (parent?.flags ?? '00') : `0${span.traceFlags & 1}`,
      tracestate:
        parent === undefined ? undefined : validTracestate(raw.headers.tracestate as string | undefined)
    }
    ;(raw as Identified)[kIds] = ids
    return ids
  }

  spanOf(ids: RequestIds): string {
    return (ids.spanId ??= this.#spanId())
  }

  /** The headers for an outgoing call. */
  *outgoing(ids: RequestIds): Iterable<[string, string]> {
    yield [this.options.header, ids.correlationId]
    yield ['traceparent', `00-${ids.traceId}-${this.spanOf(ids)}-${isSampled(ids.flags) ? '01' : '00'}`]
    if (ids.tracestate !== undefined) yield ['tracestate', ids.tracestate]
  }
}

function generateId(
  generate: ((request: IncomingMessage) => string) | undefined,
  raw: IncomingMessage,
  fresh: string
): string {
  if (generate === undefined) return uuidOf(fresh)
  const id = generate(raw)
  return typeof id === 'string' && validId.test(id) ? id : uuidOf(fresh)
}
