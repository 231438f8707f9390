import { statfs } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { optionChecks } from '@seaworthy/internal'
import type { CheckFunction, Finding } from '../check-options.ts'

const rules = optionChecks('health')

/** Options of {@link diskCheck}. */
export interface DiskCheckOptions {
  /**
   * The share of the file system that must be free for unprivileged users, 0 to 1.
   *
   * @defaultValue 0.05
   */
  minFree?: number
}

/** Passes while the file system that holds `path` has enough space. */
export function diskCheck(path: string, { minFree = 0.05 }: DiskCheckOptions = {}): CheckFunction {
  rules.string('diskCheck path', path)
  rules.number('diskCheck minFree', minFree, { min: 0, max: 1 })
  return async (): Promise<Finding> => {
    const { bavail, blocks, bsize } = await statfs(path)
    const free = blocks === 0 ? 1 : bavail / blocks
    return {
      status: free >= minFree ? 'pass' : 'fail',
      detail: { free: rounded(free), freeBytes: bavail * bsize }
    }
  }
}

/** Options of {@link memoryCheck}. */
export interface MemoryCheckOptions {
  /**
   * The share of V8's heap limit that may be used, above 0 and up to 1.
   *
   * @defaultValue 0.9
   */
  maxHeap?: number
  /**
   * Bytes that the whole process may have resident. 0 is no limit.
   *
   * @defaultValue 0
   */
  maxRss?: number
}

/** Passes while the process is below its limits of memory. For readiness: less traffic may be all it needs. */
export function memoryCheck({ maxHeap = 0.9, maxRss = 0 }: MemoryCheckOptions = {}): CheckFunction {
  rules.number('memoryCheck maxHeap', maxHeap, { min: 0.01, max: 1 })
  rules.integer('memoryCheck maxRss', maxRss, { min: 0, unit: 'bytes' })
  return (): Finding => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
    const rss = process.memoryUsage.rss()
    const fits = used / limit <= maxHeap && (maxRss === 0 || rss <= maxRss)
    return { status: fits ? 'pass' : 'fail', detail: { heap: rounded(used / limit), rss } }
  }
}

/** Options of {@link eventLoopCheck}. */
export interface EventLoopCheckOptions {
  /**
   * Milliseconds that a timer may be late, 1 to 60000. Keep it below the check's `timeout`.
   *
   * @defaultValue 500
   */
  maxDelay?: number
}

/** Passes while the event loop keeps up: a timer is set, and must come almost when it should. Idle, it costs nothing. */
export function eventLoopCheck({ maxDelay = 500 }: EventLoopCheckOptions = {}): CheckFunction {
  rules.integer('eventLoopCheck maxDelay', maxDelay, { min: 1, max: 60_000, unit: 'milliseconds' })
  return async (signal): Promise<Finding> => {
    const started = performance.now()
    await wait(10, undefined, { signal, ref: false })
    const delay = Math.max(0, performance.now() - started - 10)
    return { status: delay <= maxDelay ? 'pass' : 'fail', detail: { delay: Math.round(delay) } }
  }
}

const rounded = (share: number): number => Math.round(share * 1000) / 1000
