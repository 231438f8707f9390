// Method 1: instructions and system calls per request under qemu-user.
import { loadOf } from './load.mjs'
import { startSubject } from './subject.mjs'

/** Requests before anything is counted, those of a window, and how many windows in a row must agree. */
export const sizes = {
  quick: { warmUp: 14_000, window: 1000, agreeing: 5, most: 30 },
  full: { warmUp: 20_000, window: 2500, agreeing: 6, most: 30 }
}

/** Windows agree that differ by no more: collections of garbage don't fall evenly into them. */
const difference = 0.06

/** One thread and fixed seeds: the same code is compiled at nearly the same request in every run. */
export const repeatable = ['--single-threaded', '--hash-seed=7', '--random-seed=7']

const lowerQuartile = (values) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 4)]

const spreadOf = (windows) => {
  const values = windows.map(({ instructions }) => instructions)
  return Math.max(...values) / Math.min(...values) - 1
}

/**
 * `{ instructions, calls }` per request. As long as the compiler is at work windows differ: it is counted until the last
 * ones agree. `windows` says how many that took, `spread` how far the counted ones are apart.
 */
export async function countRequests(variant, { warmUp, window, agreeing, most }, options = {}) {
  const nodeArgs = [...repeatable, ...(variant.nodeArgs ?? [])]
  const subject = await startSubject({ ...variant, nodeArgs }, { ...options, count: true })
  try {
    const load = await loadOf(variant, subject.port, options.load)
    try {
      await load.send(warmUp)
      const windows = []
      const steady = () => windows.length >= agreeing && spreadOf(windows.slice(-agreeing)) <= difference
      while (windows.length < most && !steady()) {
        const before = subject.count()
        await load.send(window)
        const after = subject.count()
        windows.push({
          instructions: (after.instructions - before.instructions) / window,
          calls: (after.calls - before.calls) / window
        })
      }
      const counted = steady() ? windows.slice(-agreeing) : windows
      const of = (name) => lowerQuartile(counted.map((each) => each[name]))
      return {
        instructions: of('instructions'),
        calls: of('calls'),
        spread: spreadOf(counted),
        windows: windows.length
      }
    } finally {
      load.close()
    }
  } finally {
    await subject.stop()
  }
}
