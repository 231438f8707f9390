import { Worker } from 'node:worker_threads'
import { cell, watchThread, type BlockedTurn, type WatchThreadData } from './watch-thread.ts'

/** The request that a turn worked for: what its app can say about it. */
export interface TurnRequest {
  method: string
  route: string
  correlationId: string
  traceId: string
}

/** An app that wants to know of turns that take too long. */
export interface Watcher {
  /** The request for which the running code works. */
  current(): TurnRequest | undefined
  /** Called after the turn. */
  blocked(turn: FoundTurn): void
}

/** A turn that took too long. */
export interface FoundTurn {
  /** Milliseconds. */
  duration: number
  /** `undefined` where the turn ended before it could be read. */
  stack: string | undefined
  /** `undefined` where it was for no request. */
  request: TurnRequest | undefined
}

/** The result of the question to a turn that takes too long. */
interface BlockedWork {
  beat: number
  stack: string
  /** Of the watcher whose request it is. */
  index: number
  request: TurnRequest | undefined
}

interface Watchdog {
  readonly watchers: Watcher[]
  stop(): void
}

// The event loop belongs to the process. All apps in it, whichever copy of this package they use, share one thread.
const name = 'seaworthy.blocked-loop.v1'
const key = Symbol.for(name)
type Holder = NodeJS.Process & { [key]?: (() => BlockedWork) & Watchdog }

/** Adds an app to those that watch the event loop. Returns how to remove it. The first one sets the threshold. */
export function joinWatchdog(watcher: Watcher, threshold: number): () => void {
  const holder: Holder = process
  const dog = (holder[key] ??= start(threshold))
  dog.watchers.push(watcher)
  return () => {
    dog.watchers.splice(dog.watchers.indexOf(watcher), 1)
    if (dog.watchers.length > 0) return
    dog.stop()
    holder[key] = undefined as never
  }
}

/** Looks so often that a turn is seen soon after it has reached the threshold. */
const stepOf = (threshold: number): number => Math.max(5, Math.floor(threshold / 5))

function start(threshold: number): NonNullable<Holder[typeof key]> {
  const watchers: Watcher[] = []
  const beats = new Int32Array(new SharedArrayBuffer(8))
  /** Runs in the middle of the turn that takes too long. */
  const find = (): BlockedWork => {
    const request = watchers.map((watcher) => watcher.current())
    const index = Math.max(
      0,
      request.findIndex((one) => one !== undefined)
    )
    return { beat: Atomics.load(beats, cell.beats), stack: stackHere(), index, request: request[index] }
  }
  const step = stepOf(threshold)
  const expression = `globalThis.process[Symbol.for(${JSON.stringify(name)})]?.()`
  const worker = startThread({ beats, threshold, step, expression })
  worker.on('message', (turn: BlockedTurn) => {
    const { stack, index = 0, request } = (turn.found ?? {}) as Partial<BlockedWork>
    const watcher = watchers[index] ?? watchers[0]
    watcher?.blocked({ duration: turn.duration, stack, request })
  })
  // Not imported: a service without this thread needs no debugger's protocol.
  const { url: inspectorUrl } = process.getBuiltinModule('node:inspector')
  const timer = setInterval(() => {
    // A developer who steps through the code blocks the loop on purpose.
    Atomics.store(beats, cell.isDebugged, inspectorUrl() === undefined ? 0 : 1)
    Atomics.add(beats, cell.beats, 1)
  }, step).unref()
  const stop = (): void => {
    clearInterval(timer)
    void worker.terminate()
  }
  return Object.assign(find, { watchers, stop })
}

const maxFrames = 30

/** The stack of the code that was interrupted: without the frames of the question itself. */
function stackHere(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = maxFrames
  const stack = String(new Error('turn').stack)
  Error.stackTraceLimit = limit
  const lines = stack.split('\n')
  return lines.slice(lines.findIndex((line) => /^\s+at <anonymous>:1:\d+$/.test(line)) + 1).join('\n')
}

/** Without the program's own flags and variables: a preload of an agent must not start in this thread. */
function startThread(workerData: WatchThreadData): Worker {
  // Bundlers that keep the names of functions call this helper of theirs.
  const code = `const __name = (value) => value; (${watchThread.toString()})()`
  const worker = new Worker(code, {
    eval: true,
    name: 'seaworthy watchdog',
    workerData,
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 32 }
  })
  // Without the thread nothing is watched; the service does not depend on it.
  worker.on('error', () => undefined)
  worker.unref()
  return worker
}
