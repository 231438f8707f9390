import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { withoutSpans } from '../internals/index.ts'
import type { ResolvedConnection } from './connection.ts'
import type { Body, Encoder, PartialSuccess } from './data.ts'
import type { OtlpSignal } from './environment.ts'

/**
 * How a push ended. `retry` is for later: the collector could not be reached, or asked for it. `delay` is the
 * time that it asked for, in milliseconds.
 */
export type Delivery =
  | ({ outcome: 'sent' } & PartialSuccess)
  | { outcome: 'rejected'; error: Error }
  | { outcome: 'retry'; error: Error; delay: number | undefined }

export interface DeliveryOptions {
  /** Milliseconds. */
  timeout: number
  /** Ends the delivery. */
  abort: AbortSignal
  /** Ends the wait between two attempts, and so the delivery after the one that is under way. */
  hurry?: AbortSignal
  /** Called for each attempt that may be repeated. */
  failed: (error: Error) => void
}

/** The statuses that OTLP declares as temporary. */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Milliseconds. */
const firstDelay = 500
const longestDelay = 5000
/** A collector cannot ask for more. Milliseconds. */
const longestRetryAfter = 300_000
/** Bytes of a response that are read. */
const maxResponse = 65_536

const compress = promisify(gzip)

/** Sends pushes to one address of a collector, with retries. */
export class OtlpSender {
  readonly #connection: ResolvedConnection
  readonly #encoder: Encoder
  readonly #signal: OtlpSignal

  constructor(connection: ResolvedConnection, encoder: Encoder, signal: OtlpSignal) {
    this.#connection = connection
    this.#encoder = encoder
    this.#signal = signal
  }

  /** Tries for at most `timeout` milliseconds, less where a `Retry-After` is longer. */
  async deliver(body: Body, { timeout, abort, hurry = abort, failed }: DeliveryOptions): Promise<Delivery> {
    const { compression, headers } = this.#connection
    const bytes = compression === 'gzip' ? await compress(body) : body
    const request = {
      body: bytes as string | Uint8Array<ArrayBuffer>,
      headers: {
        ...headers,
        'content-type': this.#encoder.contentType,
        ...(compression === 'gzip' ? { 'content-encoding': 'gzip' } : {})
      }
    }
    const end = performance.now() + timeout
    for (let attempt = 0; ; attempt++) {
      const delivery = await this.#attempt(request, Math.max(1, end - performance.now()), abort)
      if (delivery.outcome !== 'retry') return delivery
      if (!abort.aborted) failed(delivery.error)
      const delay = delivery.delay ?? backoff(attempt)
      if (abort.aborted || hurry.aborted || performance.now() + delay >= end) return delivery
      const signal = AbortSignal.any([abort, hurry])
      await pause(delay, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return delivery
    }
  }

  async #attempt(request: RequestInit, timeout: number, abort: AbortSignal): Promise<Delivery> {
    try {
      const signal = AbortSignal.any([abort, AbortSignal.timeout(Math.ceil(timeout))])
      // A redirect could take the headers, and the keys in them, to another host.
      const init: RequestInit = { ...request, method: 'POST', redirect: 'manual', signal }
      const response = await withoutSpans(async () => fetch(this.#connection.url, init))
      if (response.ok) {
        // It has the data, even if the rest of its answer does not come.
        const text = await readBounded(response).catch(() => new Uint8Array())
        return { outcome: 'sent', ...this.#encoder.partialSuccess(text, this.#signal) }
      }
      await response.body?.cancel()
      const error = new Error(`the collector answered ${response.status}`)
      return retryable.has(response.status)
        ? { outcome: 'retry', error, delay: retryAfter(response.headers.get('retry-after')) }
        : { outcome: 'rejected', error }
    } catch (error) {
      return { outcome: 'retry', error: error as Error, delay: undefined }
    }
  }
}

/** Milliseconds, with jitter, so that many services do not come back at once. */
const backoff = (attempt: number): number =>
  Math.min(longestDelay, firstDelay * 2 ** attempt) * (0.75 + Math.random() / 2)

/** `Retry-After` in milliseconds: it has seconds or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  const delay = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(0, delay), longestRetryAfter)
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxResponse) return new Uint8Array()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
