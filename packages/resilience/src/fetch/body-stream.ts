import { setImmediate as nextTurn } from 'node:timers/promises'
import { toCallerError } from '../call/outcome.ts'
import type { AbortableStream, PendingBody } from './pending-body.ts'

type Bytes = ReadableStream<Uint8Array>

/**
 * A stream of the same bytes that ends with what is pending, and whose waits have a limit. It reads nothing ahead. As the
 * response's own stream it lets a reader bring its own buffers.
 */
export function guardedStream(source: () => Bytes | null | undefined, pending: PendingBody): Bytes {
  const guarded = new GuardedSource(source, pending)
  const stream = hasByteReader(source())
    ? new ReadableStream(Object.assign(guarded, { type: 'bytes' as const }), { highWaterMark: 0 })
    : new ReadableStream<Uint8Array>(guarded, { highWaterMark: 0 })
  pending.watchReader(stream)
  return stream
}

/** The stream of a service's own response, in a test for example, may have parts of any kind. */
function hasByteReader(stream: Bytes | null | undefined): boolean {
  try {
    stream!.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    return false
  }
}

type Controller = ReadableStreamDefaultController<Uint8Array> | ReadableByteStreamController

/** A read into a buffer of the reader's own waits for an end that has this buffer. */
function close(controller: Controller): void {
  controller.close()
  if ('byobRequest' in controller) controller.byobRequest?.respond(0)
}

/** The stream holds it, and the pending body does not. */
class GuardedSource implements AbortableStream {
  readonly #source: () => Bytes | null | undefined
  readonly #pending: PendingBody
  #controller!: Controller
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined

  constructor(source: () => Bytes | null | undefined, pending: PendingBody) {
    this.#source = source
    this.#pending = pending
  }

  start(controller: Controller): void {
    this.#controller = controller
    this.#pending.abortsWith(this)
  }

  async pull(controller: Controller): Promise<void> {
    const pending = this.#pending
    try {
      // Not before the first read: an app may look at `body` and then call `json()`.
      this.#reader ??= this.#source()!.getReader()
      pending.waitForPart()
      const { done, value } = await this.#reader.read()
      if (pending.hasEnded) return
      if (!done) {
        pending.takePart()
        return controller.enqueue(value)
      }
      pending.end()
      // Parts that are all there at once come without a turn of the event loop: the rest of the process waits.
      await nextTurn()
      close(controller)
    } catch (error) {
      // After an abort the stream has its error.
      if (pending.hasEnded) return
      const failure = pending.failureOf(error)
      pending.fail(failure)
      controller.error(toCallerError(failure))
    }
  }

  async cancel(reason: unknown): Promise<void> {
    this.#pending.abandon()
    await this.#cancelSource(reason)
  }

  abort(reason: Error): void {
    this.#controller.error(toCallerError(reason))
    this.#cancelSource(reason)?.catch(() => undefined)
  }

  #cancelSource(reason: unknown): Promise<void> | undefined {
    return this.#reader ? this.#reader.cancel(reason) : this.#source()?.cancel(reason)
  }
}
