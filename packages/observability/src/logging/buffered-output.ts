import { destination, type DestinationStream } from 'pino'
import type { ResolvedBuffer } from './buffer-options.ts'
import { outliveFailedWrites } from '../internals/index.ts'

interface Output extends DestinationStream {
  flushSync(): void
}

/** Standard output that is written in blocks of lines: when they are enough, at an interval, and when the process ends. */
export function bufferedOutput({ bytes, interval }: ResolvedBuffer): DestinationStream {
  const settings = { dest: 1, sync: true, minLength: bytes, periodicFlush: interval }
  const output: Output = destination(settings)
  outliveFailedWrites(output)
  // Writes are synchronous, so that none is under way when the process ends.
  process.on('exit', () => {
    try {
      output.flushSync()
    } catch {
      // Standard output is closed: its reader has ended first.
    }
  })
  return output
}
