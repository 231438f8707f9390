// Breakers: memory of each and CPU of all while they do nothing, and what a call costs among them.
import { countCalls } from '../calls.mjs'
import { startSubject } from '../subject.mjs'

const file = './ours/calls.mjs'

export async function breakers() {
  const results = []
  for (const count of [10, 1000, 10_000]) {
    const subject = await startSubject({ name: 'breakers', file, export: 'idle' })
    const before = await subject.ask('memory')
    await subject.ask('make', count)
    const after = await subject.ask('memory')
    const cpuMsPerSecond = await idleCpu(subject)
    await subject.stop()
    const call = await countCalls({
      name: `a call among ${count} breakers`,
      file,
      export: 'keyed',
      env: { BENCH_KEYS: `${count}` }
    })
    results.push({
      count,
      bytesEach: (after.heapUsed - before.heapUsed) / count,
      cpuMsPerSecond,
      instructions: call.instructions
    })
  }
  return results
}

/** Milliseconds of CPU in a second in which nothing is asked: the least of several. */
async function idleCpu(subject) {
  const seconds = []
  while (seconds.length < 6) {
    const before = await subject.ask('cpu')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const after = await subject.ask('cpu')
    seconds.push((after.user - before.user + (after.system - before.system)) / 1000)
  }
  return Math.min(...seconds)
}
