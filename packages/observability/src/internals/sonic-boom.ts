import { fsyncSync, writeSync } from 'node:fs'
import { toStandardError } from './standard-streams.ts'

/** The part of pino's destination of a file, or of standard output, that is used. Its members are documented as options. */
interface FileDestination {
  readonly fd: number
  readonly destroyed: boolean
  /** Bytes that it keeps for the next write. 0 is no limit. */
  maxLength: number
  /** Bytes from which it writes. */
  minLength: number
  reopen(): void
  flush(): void
  flushSync(): void
  emit(event: 'error', error: unknown): void
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): void
  on(event: 'drop', listener: () => void): void
  off(event: 'drop', listener: () => void): void
  once(event: 'write', listener: () => void): void
  listenerCount(event: 'error'): number
}

/** The private parts of sonic-boom 4: the lines that wait, and those of the write that is under way or has failed. */
interface WaitingLines {
  _bufs: (string | Buffer)[]
  _writingBuf: string | Buffer
  _writing: boolean
  _len: number
}

/** Bytes of lines that wait for the disk to have room again. */
const maxWaiting = 1024 * 1024

/**
 * A full disk must not end the service, nor keep it from ending: the destination throws its error where no code listens,
 * keeps all lines, and tries without an end when it writes synchronously, as for a fatal line and at the exit. With this
 * the service goes on without its log, until a line can be written. Without these members nothing changes: a full disk ends
 * the service, as it does without this package. `test/failed-writes.test.ts` has a full disk.
 */
export function outliveFullDisk(destination: FileDestination): void {
  // One listener is pino's, which is for a closed pipe. A further one is the app's, or from an earlier call.
  if (destination.listenerCount('error') > 1) return
  const { maxLength } = destination
  const flushSync = boundedFlush(destination)
  destination.flushSync = flushSync
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
export const isFile = (destination: object): destination is FileDestination => {
  const { reopen, listenerCount, flushSync, maxLength, minLength } = destination as Partial<FileDestination>
  return (
    typeof reopen === 'function' &&
    typeof listenerCount === 'function' &&
    typeof flushSync === 'function' &&
    typeof maxLength === 'number' &&
    typeof minLength === 'number'
  )
}

/** The destination's `flushSync`, with an end where a write fails: that is an error event, as of other writes. */
function boundedFlush(destination: FileDestination): () => void {
  const flushSync = destination.flushSync.bind(destination)
  return () => {
    // It throws by itself when it is closed, or not open yet.
    if (destination.destroyed || destination.fd < 0) return flushSync()
    try {
      if (!isWaiting(destination) || writeWaiting(destination) === 'busy') flushSync()
    } catch (error) {
      destination.emit('error', error)
    }
  }
}

/** sonic-boom 5 has an end of its own, and more states. */
const isWaiting = (destination: object): destination is WaitingLines =>
  Array.isArray((destination as Partial<WaitingLines>)._bufs) && !('_retryTimer' in destination)

function writeWaiting(destination: FileDestination & WaitingLines): 'busy' | undefined {
  const { fd, _bufs: lines } = destination
  if (!destination._writing && destination._writingBuf.length > 0) {
    lines.unshift(destination._writingBuf)
    destination._writingBuf = ''
  }
  try {
    for (let next = lines[0]; next !== undefined; next = lines[0]) {
      const bytes = Buffer.from(next as string)
      const written = writeSync(fd, bytes)
      destination._len = Math.max(destination._len - written, 0)
      if (written < bytes.length) lines[0] = bytes.subarray(written)
      else lines.shift()
    }
  } catch (error) {
    if (['EAGAIN', 'EBUSY'].includes((error as NodeJS.ErrnoException).code!)) return 'busy'
    throw error
  }
  try {
    fsyncSync(fd)
  } catch {
    // A pipe or a terminal has nothing to sync.
  }
  return undefined
}
