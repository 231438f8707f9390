import { setImmediate } from 'node:timers/promises'

const blockBytes = 65_536
/** Milliseconds of a turn of the event loop: a request waits no longer for a scrape. */
const maxTurn = 2

/**
 * Joins texts to blocks for a socket, and lets requests run in between. Each text is written into the block that is
 * sent, so that a scrape of megabytes leaves no garbage of that size.
 */
export async function* inBlocks(texts: Iterable<string>): AsyncGenerator<Buffer, void> {
  let block = Buffer.allocUnsafeSlow(blockBytes)
  let used = 0
  let turn = performance.now()
  for (const text of texts) {
    // No character takes more than three bytes.
    const room = text.length * 3
    if (used + room <= blockBytes) {
      used += block.write(text, used)
      continue
    }
    if (used > 0) yield block.subarray(0, used)
    if (performance.now() - turn >= maxTurn) {
      await setImmediate()
      turn = performance.now()
    }
    block = Buffer.allocUnsafeSlow(Math.max(blockBytes, room))
    used = block.write(text)
  }
  yield block.subarray(0, used)
}
