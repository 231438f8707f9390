// Method 1 for calls in a process, without HTTP.
import { repeatable } from './instructions.mjs'
import { startSubject } from './subject.mjs'

/** `{ instructions }` per call: the lower quartile of windows of 5,000 calls after 60,000: compiled late. */
export async function countCalls(variant) {
  const nodeArgs = [...repeatable]
  const subject = await startSubject({ ...variant, nodeArgs }, { count: true, env: variant.env })
  try {
    await subject.ask('run', 60_000)
    const windows = []
    for (let index = 0; index < 8; index++) {
      const before = subject.count().instructions
      await subject.ask('run', 5000)
      windows.push((subject.count().instructions - before) / 5000)
    }
    return { instructions: windows.toSorted((a, b) => a - b)[2] }
  } finally {
    await subject.stop()
  }
}
