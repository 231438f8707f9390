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
    const start = await subject.ask('cpu')
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const end = await subject.ask('cpu')
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
      cpuMsPerSecond: (end.user - start.user + (end.system - start.system)) / 3000,
      instructions: call.instructions
    })
  }
  return results
}
