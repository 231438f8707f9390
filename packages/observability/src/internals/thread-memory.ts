import { toStandardError } from './standard-streams.ts'

/** The part of a transport that has its lines. */
interface Sender {
  write(text: string): unknown
  flushSync(): void
  readonly destroyed?: boolean
}

/** Private members of thread-stream: the memory that it shares with its thread, and whether `write` copies at once. */
interface Memory {
  readonly state: Int32Array<SharedArrayBuffer>
  readonly data: Buffer
  sync: boolean
}

/** The elements of `state` that say up to which byte of `data` there are lines, and up to which the thread has read. */
const writeIndex = 4
const readIndex = 8

/** Milliseconds that a fatal line waits for the thread. */
const maxWait = 2000

/**
 * The `flushSync` of a transport, which waits ten seconds for a thread that has ended: while it waits, the end is no event
 * yet. Here that wait is short, and the only one until the thread reads again. A thread that has read nothing so far may
 * still be loading its target, and has all the time that it has without this package.
 */
export function boundedThreadFlush(transport: Sender) {
  const memory = memoryOf(transport)
  const flushSync = transport.flushSync.bind(transport)
  const write = transport.write.bind(transport)
  if (memory === undefined) return { flushSync, isStuck: () => false, unread: () => '' }
  const { state, data } = memory
  /** The index at which a wait has ended in vain. */
  let stuckAt = -1
  const isStuck = () => stuckAt >= 0 && Atomics.load(state, readIndex) === stuckAt

  return {
    flushSync() {
      const start = Atomics.load(state, readIndex)
      // It is negative after an error, which is an event soon.
      if (transport.destroyed || start < 0) return
      if (start > 0 || isStuck()) copyLines(memory, write)
      if (isStuck() || (start === 0 ? hasReadFirst(flushSync) : hasRead(state))) return
      stuckAt = Atomics.load(state, readIndex)
      toStandardError(
        'observability: the transport of the log does not take lines; its thread may have ended'
      )
    },
    /** Whether the thread is taken for one that has ended. */
    isStuck,
    /** The lines that the thread has not read. */
    unread() {
      const [from, to] = [Atomics.load(state, readIndex), Atomics.load(state, writeIndex)]
      return from < 0 || to < from ? '' : data.toString('utf8', from, to)
    }
  }
}

/** Copies the lines that wait for the next turn of the event loop to the shared memory. */
function copyLines(memory: Memory, write: Sender['write']): void {
  const { sync } = memory
  memory.sync = true
  write('')
  memory.sync = sync
}

function hasReadFirst(flushSync: () => void): boolean {
  try {
    flushSync()
    return true
  } catch {
    return false
  }
}

function hasRead(state: Memory['state']): boolean {
  const end = performance.now() + maxWait
  for (let rest = maxWait; rest > 0; rest = end - performance.now()) {
    const read = Atomics.load(state, readIndex)
    if (read < 0 || read === Atomics.load(state, writeIndex)) return true
    Atomics.wait(state, readIndex, read, rest)
  }
  return false
}

function memoryOf(transport: object): Memory | undefined {
  for (const symbol of Object.getOwnPropertySymbols(transport)) {
    const { state, data, sync } = (transport as Record<symbol, Partial<Memory> | undefined>)[symbol] ?? {}
    const isMemory = state instanceof Int32Array && Buffer.isBuffer(data) && typeof sync === 'boolean'
    if (isMemory) return (transport as Record<symbol, Memory>)[symbol]
  }
  return undefined
}
