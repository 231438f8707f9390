import type { Session } from 'node:inspector'
import { setTimeout } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import type { ProfileRequest } from './workers.ts'

/** A profile for DevTools, or the reason why there is none. */
export type ProfileResult = { profile: unknown } | { rejection: string }

/** Share of the heap or the memory limit from which on a profile could be the last straw. */
const maxUsed = 0.85

/** Records what the process does, one profile at a time, in functions and lines: no values are in it. */
export class Profiler {
  #running = false
  readonly #end = new AbortController()

  async record({ kind, seconds }: ProfileRequest): Promise<ProfileResult> {
    if (this.#running) return { rejection: 'A profile is being recorded already' }
    if (memoryIsShort()) return { rejection: 'Too little memory is free for a profile' }
    this.#running = true
    // Loaded with the first profile. Not its module with promises: bundlers do not know that one as a part of Node.
    const session = new (process.getBuiltinModule('node:inspector').Session)()
    try {
      session.connect()
      return { profile: await this.#record(session, kind, seconds) }
    } finally {
      session.disconnect()
      this.#running = false
    }
  }

  /** Ends a profile that is being recorded: the process closes. */
  stop(): void {
    this.#end.abort()
  }

  async #record(session: Session, kind: 'cpu' | 'heap', seconds: number): Promise<unknown> {
    const wait = async () => {
      await setTimeout(seconds * 1000, undefined, { signal: this.#end.signal }).catch(() => undefined)
    }
    if (kind === 'heap') {
      // Samples of allocations. A snapshot of the heap would take as much memory again, and have all values in it.
      await post(session, 'HeapProfiler.startSampling')
      await wait()
      return profileOf(await post(session, 'HeapProfiler.stopSampling'))
    }
    await post(session, 'Profiler.enable')
    await post(session, 'Profiler.start')
    await wait()
    return profileOf(await post(session, 'Profiler.stop'))
  }
}

const post = (session: Session, method: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    session.post(method, (error: Error | null, result?: object) => {
      if (error) reject(error)
      else resolve(result)
    })
  })

const profileOf = (result: unknown): unknown => (result as { profile: unknown }).profile

function memoryIsShort(): boolean {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  if (used > limit * maxUsed) return true
  const allowed = process.constrainedMemory()
  return allowed > 0 && process.memoryUsage.rss() > allowed * maxUsed
}
