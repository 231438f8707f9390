// When a count is over: the compiler may be at work for long, and its work is not what is asked for.
import { percentile } from './statistics.mjs'

/** Windows agree that differ by no more: collections of garbage don't fall evenly into them. */
const difference = 0.06

const spreadOf = (windows) => {
  const values = windows.map(({ instructions }) => instructions)
  return Math.max(...values) / Math.min(...values) - 1
}

/**
 * Has windows of `length` requests or calls counted until the last `agreeing` ones agree, or `most` are done. Gives the
 * lower quartile of those, per request; `windows` says how many it took, `spread` how far the counted ones are apart.
 *
 * @param {{ count(): { instructions: number, calls: number } }} subject
 * @param {(length: number) => Promise<void>} work
 * @param {{ window: number, agreeing: number, most: number }} size
 */
export async function countWindows(subject, work, { window: length, agreeing, most }) {
  const windows = []
  const steady = () => windows.length >= agreeing && spreadOf(windows.slice(-agreeing)) <= difference
  while (windows.length < most && !steady()) {
    const before = subject.count()
    await work(length)
    const after = subject.count()
    windows.push({
      instructions: (after.instructions - before.instructions) / length,
      calls: (after.calls - before.calls) / length
    })
  }
  const counted = steady() ? windows.slice(-agreeing) : windows
  const of = (name) =>
    percentile(
      counted.map((each) => each[name]),
      25
    )
  return {
    instructions: of('instructions'),
    calls: of('calls'),
    spread: spreadOf(counted),
    windows: windows.length
  }
}
