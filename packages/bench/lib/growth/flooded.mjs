import { openLoad } from '../load.mjs'
import { startSubject } from '../subject.mjs'

const warmUp = 20_000
const more = 20_000

/** A pause that is ours comes in each round, one that is the machine's does not. */
const rounds = 2

/**
 * Sends so many different requests, natively: the longest turn of the event loop meanwhile, what they leave in the heap,
 * and the CPU of a request among them. The least of two rounds, and the most memory.
 *
 * @param {{ env?: Record<string, string>, count: number, next: (sent: number) => Buffer }} how
 */
export async function flooded(variant, how) {
  const seen = []
  while (seen.length < rounds) seen.push(await flood(variant, how))
  const least = (name) => Math.min(...seen.map((round) => round[name]))
  return {
    longestMs: least('longestMs'),
    ownMs: least('ownMs'),
    microseconds: least('microseconds'),
    heapMB: Math.max(...seen.map(({ heapMB }) => heapMB))
  }
}

async function flood(variant, { env, count, next }) {
  const subject = await startSubject(variant, { env })
  const load = await openLoad(subject.port, { next })
  try {
    const same = await openLoad(subject.port, { next: () => next(0) })
    await same.send(warmUp)
    same.close()
    const idle = await subject.ask('memory')
    await subject.ask('watch')
    await load.send(count)
    const turns = await subject.ask('watched')
    const before = await subject.ask('cpu')
    await load.send(more)
    const after = await subject.ask('cpu')
    const full = await subject.ask('memory')
    return {
      ...turns,
      heapMB: (full.heapUsed - idle.heapUsed) / 2 ** 20,
      microseconds: (after.user - before.user + (after.system - before.system)) / more
    }
  } finally {
    load.close()
    await subject.stop()
  }
}
