import { setImmediate as nextTurn } from 'node:timers/promises'
import { toCallerError } from '../call/outcome.ts'
import type { AbortableStream, PendingBody } from './pending-body.ts'

type Bytes = ReadableStream<Uint8Array>

/** A stream of the same bytes that ends with what is pending, and whose waits have a limit. It reads nothing ahead. */
export function guardedStream(source: () => Bytes | null | undefined, pending: PendingBody): Bytes {
  const stream = new ReadableStream<Uint8Array>(new GuardedSource(source, pending), { highWaterMark: 0 })
  pending.watchReader(stream)
  return stream
}

/** The stream holds it, and the pending body does not. */
class GuardedSource implements AbortableStream {
  readonly #source: () => Bytes | null | undefined
  readonly #pending: PendingBody
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined

  constructor(source: () => Bytes | null | undefined, pending: PendingBody) {
    this.#source = source
    this.#pending = pending
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller
    this.#pending.abortsWith(this)
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
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
      controller.close()
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
