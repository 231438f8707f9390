// Method 1 for calls in a process, without HTTP.
import { repeatable } from './instructions.mjs'
import { startSubject } from './subject.mjs'
import { countWindows } from './windows.mjs'

const warmUp = 60_000
const size = { window: 5000, agreeing: 8, most: 60 }

/** Instructions per call, as `countWindows` gives them. */
export async function countCalls(variant) {
  const nodeArgs = [...repeatable]
  const subject = await startSubject({ ...variant, nodeArgs }, { count: true, env: variant.env })
  try {
    const run = (calls) => subject.ask('run', calls)
    await run(warmUp)
    return await countWindows(subject, run, size)
  } finally {
    await subject.stop()
  }
}
