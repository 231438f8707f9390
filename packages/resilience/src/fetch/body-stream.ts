import { setImmediate as nextTurn } from 'node:timers/promises'
import { toCallerError } from '../call/outcome.ts'
import type { PendingBody } from './pending-body.ts'

type Bytes = ReadableStream<Uint8Array>

/** A stream of the same bytes that ends with what is pending, and whose waits have a limit. It reads nothing ahead. */
export function guardedStream(source: () => Bytes | null | undefined, pending: PendingBody): Bytes {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        pending.onAbort((reason) => {
          controller.error(toCallerError(reason))
          const canceled = reader ? reader.cancel(reason) : source()?.cancel(reason)
          canceled?.catch(() => undefined)
        })
      },
      async pull(controller) {
        try {
          // Not before the first read: an app may look at `body` and then call `json()`.
          reader ??= source()!.getReader()
          pending.waitForPart()
          const { done, value } = await reader.read()
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
      },
      async cancel(reason) {
        pending.abandon()
        await (reader ? reader.cancel(reason) : source()?.cancel(reason))
      }
    },
    { highWaterMark: 0 }
  )
}
