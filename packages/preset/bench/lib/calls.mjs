// Method 1 for calls in a process, without HTTP.
import { repeatable } from './instructions.mjs'
import { startSubject } from './subject.mjs'

/** `{ instructions }` per call: the lower quartile of windows of 1,000 calls after 20,000. */
export async function countCalls(variant) {
  const nodeArgs = [...repeatable]
  const subject = await startSubject({ ...variant, nodeArgs }, { count: true })
  try {
    await subject.ask('run', 20_000)
    const windows = []
    for (let index = 0; index < 12; index++) {
      const before = subject.count().instructions
      await subject.ask('run', 1000)
      windows.push((subject.count().instructions - before) / 1000)
    }
    return { instructions: windows.toSorted((a, b) => a - b)[2] }
  } finally {
    await subject.stop()
  }
}
