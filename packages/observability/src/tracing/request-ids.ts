import type { IncomingMessage } from 'node:http'
import { activeSpan, type SpanContext, type SpanState } from '../internals/index.ts'
import type { ResolvedCorrelation } from './options.ts'
import { spanIdSource, traceIdSource, uuidOf } from './random-ids.ts'
import { parseTraceparent, validTracestate } from './trace-context.ts'

/** The ids of a request, here and in the services around. */
export interface RequestIds {
  correlationId: string
  traceId: string
  /** The span of this service. Made when it is first needed. */
  spanId: string | undefined
  flags: string
  tracestate: string | undefined
  /** Whether `spanId` is that of a span which a tracing SDK records, so that every outgoing call has it as its parent. */
  recorded: boolean
  /** Whether a client that the service has no reason to trust may have chosen the trace id. */
  chosen: boolean
}

const kIds = Symbol('seaworthy.ids')
type Identified = IncomingMessage & { [kIds]?: RequestIds }

const validId = /^[\w.-]{1,64}$/

/** Gives each request its ids, before its logger exists, and sends them to other services. */
export class IdSource {
  readonly options: ResolvedCorrelation
  readonly #spanId = spanIdSource()
  readonly #traceId = traceIdSource()
  /** The span in which the service starts. Its context goes on in the listener, and so in each request. */
  readonly #startSpan = activeSpan()?.spanId

  constructor(options: ResolvedCorrelation) {
    this.options = options
  }

  /** Fastify's `genReqId`. */
  readonly genReqId = (raw: IncomingMessage): string => this.identify(raw).correlationId

  /** Whether the ids of a peer are accepted. */
  trusts({ socket }: IncomingMessage): boolean {
    const { trusts } = this.options
    return trusts === undefined || trusts(socket.remoteAddress ?? '')
  }

  /** The ids of a request. Made once. */
  of(raw: IncomingMessage, correlationId?: string): RequestIds {
    return (raw as Identified)[kIds] ?? this.identify(raw, correlationId)
  }

  identify(raw: IncomingMessage, requestId?: string): RequestIds {
    const { header, trusts, generate } = this.options
    const trusted = this.trusts(raw)
    const inbound = trusted ? raw.headers[header] : undefined
    const fresh = this.#traceId()
    const correlationId =
      ensureId(requestId, raw, trusted) ??
      (typeof inbound === 'string' && validId.test(inbound) ? inbound : generateId(generate, raw, fresh))

    const active = activeSpan()
    const span = active?.spanId === this.#startSpan ? undefined : active
    const parent =
      span === undefined && trusted
        ? parseTraceparent(raw.headers.traceparent as string | undefined)
        : undefined
    const ids: RequestIds = {
      correlationId,
      // A new trace has the digits of the correlation id, so that a search for one finds the other.
      traceId: span?.traceId ?? parent?.traceId ?? fresh,
      spanId: span?.spanId,
      flags: span === undefined ? (parent?.flags ?? newTrace) : `0${span.traceFlags & 3}`,
      tracestate:
        parent === undefined ? undefined : validTracestate(raw.headers.tracestate as string | undefined),
      recorded: span !== undefined,
      chosen:
        (raw.headers.traceparent !== undefined || span?.isContinued === true) &&
        (trusts === undefined || !trusted)
    }
    ;(raw as Identified)[kIds] = ids
    return ids
  }

  /** The ids of work outside HTTP: those of its message, of what has started it, or new ones. */
  ofJob(headers: Record<string, string> = {}, parent: RequestIds | undefined): RequestIds {
    const inbound = headers[this.options.header]
    const trace = parseTraceparent(headers.traceparent)
    const fresh = this.#traceId()
    const hasId = typeof inbound === 'string' && validId.test(inbound)
    return {
      correlationId: hasId ? inbound : (parent?.correlationId ?? uuidOf(fresh)),
      traceId: trace?.traceId ?? parent?.traceId ?? fresh,
      spanId: undefined,
      flags: trace?.flags ?? parent?.flags ?? newTrace,
      tracestate: trace === undefined ? parent?.tracestate : validTracestate(headers.tracestate),
      recorded: false,
      chosen: false
    }
  }

  /** A tracing SDK has started the request's span only after its ids were made. The start's own span is none. */
  adopt(ids: RequestIds, { traceId, spanId, traceFlags }: SpanContext): void {
    if (spanId === this.#startSpan || /^0*$/.test(traceId)) return
    Object.assign(ids, { traceId, spanId, flags: `0${traceFlags & 3}`, recorded: true })
  }

  /** The same for the span of a request, which may continue a trace that its client has begun. */
  adoptInbound(ids: RequestIds, span: SpanState, raw: IncomingMessage): void {
    this.adopt(ids, span)
    const isPeer = this.options.trusts !== undefined && this.trusts(raw)
    if (span.isContinued && ids.spanId === span.spanId && !isPeer) ids.chosen = true
  }

  /** The parent id of an outgoing call. Calls whose spans are not recorded need one each. */
  #parentOf(ids: RequestIds): string {
    if (ids.spanId !== undefined) return ids.recorded ? ids.spanId : this.#spanId()
    return (ids.spanId = this.#spanId())
  }

  /** The headers for an outgoing call. */
  *outgoing(ids: RequestIds): Iterable<[string, string]> {
    yield [this.options.header, ids.correlationId]
    yield ['traceparent', `00-${ids.traceId}-${this.#parentOf(ids)}-${flagsToSend(ids.flags)}`]
    if (ids.tracestate !== undefined) yield ['tracestate', ids.tracestate]
  }
}

/**
 * The id that Fastify's `requestIdHeader` or a function of the app has found. What it takes from a header is held to the
 * rules for ours.
 */
function ensureId(
  id: string | undefined,
  { headers }: IncomingMessage,
  trusted: boolean
): string | undefined {
  if (id === undefined || !validId.test(id)) return undefined
  return trusted || !Object.values(headers).includes(id) ? id : undefined
}

/** A trace that begins here, where nothing decides about sampling. Its id is random. */
const newTrace = '02'

/**
 * A new trace must not be sent on as "not sampled": services behind would record nothing of it. Of the other flags
 * only "random" is known.
 */
const flagsToSend = (flags: string): string =>
  flags === newTrace ? '03' : `0${Number.parseInt(flags, 16) & 3}`

function generateId(
  generate: ((request: IncomingMessage) => string) | undefined,
  raw: IncomingMessage,
  fresh: string
): string {
  if (generate === undefined) return uuidOf(fresh)
  const id = generate(raw)
  return typeof id === 'string' && validId.test(id) ? id : uuidOf(fresh)
}
