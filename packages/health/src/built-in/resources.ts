import { statfs } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { type Complete, omitUndefined, optionChecks, type OptionChecks } from '@seaworthy/internal'
import type { CheckFunction, CheckResult } from '../checks/options.ts'

const check: OptionChecks = optionChecks('health')

/**
 * Options of {@link diskCheck}.
 *
 * @example
 * const options: DiskCheckOptions = { minFree: 1_000_000_000 }
 * app.health.addCheck('disk', diskCheck('/var/data', options))
 */
export interface DiskCheckOptions {
  /**
   * The share of the file system that must be free for unprivileged users, 0 to 1.
   *
   * @defaultValue 0.05
   */
  minFree?: number | undefined
}

const diskDefaults: Complete<DiskCheckOptions> = { minFree: 0.05 }

/**
 * Passes while the file system of `path` has enough free space.
 *
 * @example
 * app.health.addCheck('disk', diskCheck('/var/data'), { interval: 60_000 })
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
export function diskCheck(path: string, options: DiskCheckOptions = {}): CheckFunction {
  const { minFree } = { ...diskDefaults, ...omitUndefined(options) }
  check.string('diskCheck path', path)
  check.number('diskCheck minFree', minFree, { min: 0, max: 1 })
  let pending: ReturnType<typeof readDisk> | undefined
  return async (): Promise<CheckResult> => {
    // A call on a file system that hangs occupies one of the few threads of the process: there is never a second one.
    pending ??= readDisk(path).finally(() => {
      pending = undefined
    })
    const { bavail, blocks, bsize } = await pending
    const free = blocks === 0 ? 1 : bavail / blocks
    return {
      status: free >= minFree ? 'pass' : 'fail',
      detail: { free: round(free), freeBytes: bavail * bsize }
    }
  }
}

const readDisk = (path: string) => statfs(path)

/**
 * Options of {@link memoryCheck}.
 *
 * @example
 * const options: MemoryCheckOptions = { maxHeap: 0.9 }
 * app.health.addCheck('memory', memoryCheck(options))
 */
export interface MemoryCheckOptions {
  /**
   * The share of V8's heap limit that may be used, 0.01 to 1.
   *
   * @defaultValue 0.9
   */
  maxHeap?: number | undefined
  /**
   * Bytes of the process that may be resident, at least 0. 0 is no limit.
   *
   * @defaultValue 0
   */
  maxRss?: number | undefined
}

const memoryDefaults: Complete<MemoryCheckOptions> = { maxHeap: 0.9, maxRss: 0 }

/**
 * Passes while the process is below its memory limits. It is meant for readiness: less traffic may be enough to recover.
 *
 * @example
 * app.health.addCheck('memory', memoryCheck({ maxHeap: 0.9 }), { failureThreshold: 3 })
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
export function memoryCheck(options: MemoryCheckOptions = {}): CheckFunction {
  const { maxHeap, maxRss } = { ...memoryDefaults, ...omitUndefined(options) }
  check.number('memoryCheck maxHeap', maxHeap, { min: 0.01, max: 1 })
  check.integer('memoryCheck maxRss', maxRss, { min: 0, unit: 'bytes' })
  return (): CheckResult => {
    const { used_heap_size: used, heap_size_limit: limit } = process
      .getBuiltinModule('node:v8')
      .getHeapStatistics()
    const rss = process.memoryUsage.rss()
    const fits = used / limit <= maxHeap && (maxRss === 0 || rss <= maxRss)
    return { status: fits ? 'pass' : 'fail', detail: { heap: round(used / limit), rss } }
  }
}

/**
 * Options of {@link eventLoopCheck}.
 *
 * @example
 * const options: EventLoopCheckOptions = { maxDelay: 500 }
 * app.health.addCheck('event loop', eventLoopCheck(options))
 */
export interface EventLoopCheckOptions {
  /**
   * Milliseconds that a timer may be late, 1 to 60000. Keep it below the check's `timeout`.
   *
   * @defaultValue 500
   */
  maxDelay?: number | undefined
}

const eventLoopDefaults: Complete<EventLoopCheckOptions> = { maxDelay: 500 }

const timerDelay = 10

/**
 * Passes while the event loop keeps up: it measures how late a timer fires. Between runs it costs nothing.
 *
 * @example
 * app.health.addCheck('event loop', eventLoopCheck({ maxDelay: 500 }))
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
export function eventLoopCheck(options: EventLoopCheckOptions = {}): CheckFunction {
  const { maxDelay } = { ...eventLoopDefaults, ...omitUndefined(options) }
  check.integer('eventLoopCheck maxDelay', maxDelay, { min: 1, max: 60_000, unit: 'milliseconds' })
  return async (signal): Promise<CheckResult> => {
    const start = performance.now()
    await wait(timerDelay, undefined, { signal, ref: false })
    const delay = Math.max(0, performance.now() - start - timerDelay)
    return { status: delay <= maxDelay ? 'pass' : 'fail', detail: { delay: Math.round(delay) } }
  }
}

const round = (share: number): number => Math.round(share * 1000) / 1000
