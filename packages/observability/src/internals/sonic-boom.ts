import { writeSync } from 'node:fs'

/** The part of pino's destination of a file, or of standard output, that is used. Its members are documented as options. */
interface FileDestination {
  /** Bytes that it keeps for the next write. 0 is no limit. */
  maxLength: number
  /** Bytes from which it writes. */
  minLength: number
  reopen(): void
  flush(): void
  flushSync(): void
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): void
  on(event: 'drop', listener: () => void): void
  off(event: 'drop', listener: () => void): void
  once(event: 'write', listener: () => void): void
  listenerCount(event: 'error'): number
}

/** Bytes of lines that wait for the disk to have room again. */
const maxWaiting = 1024 * 1024

/**
 * A full disk must not end the service, nor keep it from ending: the destination throws its error where no code listens,
 * keeps all lines, and tries without an end when it writes synchronously, as for a fatal line and at the exit. With this
 * the service goes on without its log, until a line can be written. Without these members nothing changes: a full disk ends
 * the service, as it does without this package. `test/failed-writes.test.ts` has a full disk.
 */
export function outliveFailedWrites(destination: object | undefined): void {
  // One listener is pino's, which is for a closed pipe. A further one is the app's, or from an earlier call.
  if (!isFile(destination) || destination.listenerCount('error') > 1) return
  const { maxLength, flushSync } = destination
  let fails = false

  // A line that is dropped starts no write by itself, and without `minLength` flush() starts none.
  const retry = () => {
    const { minLength } = destination
    destination.minLength = Math.max(1, minLength)
    destination.flush()
    destination.minLength = minLength
  }
  const onWrite = () => {
    fails = false
    destination.off('drop', retry)
    Object.assign(destination, { maxLength, flushSync })
    toStandardError('observability: the log can be written again; lines are missing')
  }
  destination.on('error', ({ code }) => {
    if (fails) return
    fails = true
    Object.assign(destination, { maxLength: maxLength || maxWaiting, flushSync: () => undefined })
    destination.on('drop', retry)
    destination.once('write', onWrite)
    toStandardError(
      `observability: the log cannot be written (${code}); the service goes on without it; make room on its disk`
    )
  })
}

/** Of pino's destinations only a file, standard output included, can be opened anew. */
const isFile = (destination: Partial<FileDestination> | undefined): destination is FileDestination =>
  typeof destination?.reopen === 'function' &&
  typeof destination.listenerCount === 'function' &&
  typeof destination.flushSync === 'function' &&
  typeof destination.maxLength === 'number' &&
  typeof destination.minLength === 'number'

function toStandardError(text: string): void {
  try {
    writeSync(2, `${text}\n`)
  } catch {
    // It is closed, or on the same disk.
  }
}
