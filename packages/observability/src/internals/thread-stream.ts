import { loadPino } from './load-pino.cjs'
import { toStandardError, toStandardOutput } from './standard-streams.ts'
import { boundedThreadFlush } from './thread-memory.ts'

/** The part of pino's transport, a stream to a worker thread, that is used. */
interface Transport {
  worker: unknown
  write(text: string): unknown
  flush(done?: (error?: Error) => void): void
  flushSync(): void
  end(): void
  /** Whether the app has ended it. */
  readonly writableEnded?: boolean
  on(event: 'error', listener: (error: Error) => void): void
  on(event: 'close', listener: () => void): void
  listenerCount(event: 'error'): number
}

/**
 * A transport fails once: its thread has ended by then, and each further line would be an error event. Where no code
 * listens, that ends the service. With this the lines go to standard output.
 *
 * @param watch - Applied to that output.
 */
export function outliveTransport(transport: Transport, watch: (output: object) => void): void {
  // Listeners are the app's, or from an earlier call.
  if (transport.listenerCount('error') > 0) return
  const { flushSync, isStuck, unread } = boundedThreadFlush(transport)
  const end = transport.end.bind(transport)
  transport.flushSync = flushSync
  transport.end = () => {
    if (!isStuck()) return end()
    // At the exit no event says that the thread has ended.
    toStandardOutput(unread())
  }
  let hasFailed = false
  const goOn = (message: string): void => {
    if (hasFailed) return
    hasFailed = true
    toStandardError(
      `observability: the transport of the log has failed (${message}); lines go to standard output; restart the service`
    )
    const output = loadPino().destination({ dest: 1, sync: true })
    watch(output)
    output.write(unread())
    Object.assign(transport, {
      write: (text: string) => output.write(text),
      flush: (done?: (error?: Error) => void) => output.flush(done),
      flushSync: () => output.flushSync(),
      end: () => undefined
    })
  }
  transport.on('error', ({ message }) => goOn(message))
  // The end of the thread may come before the error that was the cause.
  transport.on('close', () => {
    if (!transport.writableEnded) goOn('its thread has ended')
  })
}

export const isTransport = (stream: object): stream is Transport => {
  const { worker, write, flushSync, listenerCount } = stream as Partial<Transport>
  return (
    typeof worker === 'object' &&
    typeof write === 'function' &&
    typeof flushSync === 'function' &&
    typeof listenerCount === 'function'
  )
}
