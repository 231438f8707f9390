// Method 1: instructions and system calls per request under qemu-user.
import { loadOf } from './load.mjs'
import { startSubject } from './subject.mjs'

/** Warm-up, and the requests of the windows that are counted. */
export const sizes = {
  quick: { warmUp: 14_000, windows: 12, window: 500 },
  full: { warmUp: 20_000, windows: 25, window: 1000 }
}

/** One thread and fixed seeds: the same code is compiled at the same request in every run. */
export const repeatable = ['--single-threaded', '--hash-seed=7', '--random-seed=7']

const lowerQuartile = (values) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 4)]

/** `{ instructions, calls }` per request, and what it took to listen. */
export async function countRequests(variant, size, options = {}) {
  const nodeArgs = [...repeatable, ...(variant.nodeArgs ?? [])]
  const subject = await startSubject({ ...variant, nodeArgs }, { ...options, count: true })
  try {
    const atStart = subject.count().instructions
    const load = await loadOf(variant, subject.port, options.load)
    try {
      await load.send(size.warmUp)
      const windows = []
      for (let index = 0; index < size.windows; index++) {
        const before = subject.count()
        await load.send(size.window)
        const after = subject.count()
        windows.push({
          instructions: (after.instructions - before.instructions) / size.window,
          calls: (after.calls - before.calls) / size.window
        })
      }
      const of = (name) => windows.map((window) => window[name])
      return {
        instructions: lowerQuartile(of('instructions')),
        calls: lowerQuartile(of('calls')),
        spread: Math.max(...of('instructions')) / Math.min(...of('instructions')) - 1,
        start: atStart
      }
    } finally {
      load.close()
    }
  } finally {
    await subject.stop()
  }
}
