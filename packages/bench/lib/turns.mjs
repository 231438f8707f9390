// Inside the measured process: how long the event loop's turns are. Loaded only where that is asked.
import { PerformanceObserver } from 'node:perf_hooks'

/** Shorter turns, in milliseconds, are of no interest. */
const short = 0.5

/** The main thread's CPU time, in milliseconds: what other programs take from the machine is not in it. */
function threadMs() {
  // Linux brings a thread's time up to date when it is asked for the process's; else it is that of the last tick.
  process.cpuUsage()
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/**
 * Looks at each turn until the function it gives is called, which resolves to the longest, in milliseconds of CPU: as it
 * was, and without the garbage collections in it.
 */
export function watchTurns() {
  const turns = []
  const collections = []
  const seen = (list) => collections.push(...list.getEntries())
  const observer = new PerformanceObserver(seen)
  observer.observe({ entryTypes: ['gc'] })
  let watching = true
  let last = { at: performance.now(), cpu: threadMs() }
  const turn = () => {
    const now = { at: performance.now(), cpu: threadMs() }
    if (now.cpu - last.cpu > short) turns.push({ from: last.at, to: now.at, ms: now.cpu - last.cpu })
    last = now
    if (watching) setImmediate(turn)
  }
  setImmediate(turn)

  return async () => {
    watching = false
    // Collections are reported a little later.
    await new Promise((resolve) => setTimeout(resolve, 50))
    observer.disconnect()
    const collected = ({ from, to }) =>
      collections
        .filter(({ startTime }) => startTime >= from && startTime < to)
        .reduce((sum, { duration }) => sum + duration, 0)
    return {
      longestMs: Math.max(short, ...turns.map(({ ms }) => ms)),
      ownMs: Math.max(short, ...turns.map((each) => each.ms - collected(each)))
    }
  }
}
