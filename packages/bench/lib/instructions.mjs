// Method 1: instructions and system calls per request under qemu-user.
import { loadOf } from './load.mjs'
import { startSubject } from './subject.mjs'
import { countWindows } from './windows.mjs'

/** Requests before anything is counted, those of a window, and how many windows in a row must agree. */
export const sizes = {
  quick: { warmUp: 14_000, window: 1000, agreeing: 5, most: 30 },
  full: { warmUp: 20_000, window: 2500, agreeing: 6, most: 30 }
}

/** One thread and fixed seeds: the same code is compiled at nearly the same request in every run. */
export const repeatable = ['--single-threaded', '--hash-seed=7', '--random-seed=7']

/**
 * Over one connection, either the main thread or one of the pool works: each request makes the same turns of the event loop,
 * and no addition is lost (see `count.c`). Over several, up to a tenth of the instructions was.
 */
const connectionsOf = ({ pool = false }) => (pool ? 1 : 8)

/** Instructions and system calls per request, as `countWindows` gives them. */
export async function countRequests(variant, { warmUp, ...size }, options = {}) {
  const nodeArgs = [...repeatable, ...(variant.nodeArgs ?? [])]
  const subject = await startSubject({ ...variant, nodeArgs }, { ...options, count: true })
  try {
    const connections = connectionsOf(variant)
    const load = await loadOf(variant, subject.port, { connections, ...options.load })
    try {
      await load.send(warmUp)
      return await countWindows(subject, (requests) => load.send(requests), size)
    } finally {
      load.close()
    }
  } finally {
    await subject.stop()
  }
}
