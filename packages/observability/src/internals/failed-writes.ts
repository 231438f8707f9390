import { isFile, outliveFullDisk } from './sonic-boom.ts'
import { isTransport, outliveTransport } from './thread-stream.ts'

/** Keeps the service alive while the log cannot be written, for each of pino's kinds of destinations. */
export function outliveFailedWrites(destination: object | undefined): void {
  if (destination === undefined) return
  if (isFile(destination)) outliveFullDisk(destination)
  else if (isTransport(destination)) outliveTransport(destination, outliveFailedWrites)
  else for (const stream of streamsOf(destination)) outliveFailedWrites(stream)
}

/** The destinations of `pino.multistream`. */
function streamsOf(destination: object): object[] {
  const { streams, minLevel } = destination as { streams?: unknown; minLevel?: unknown }
  if (!Array.isArray(streams) || typeof minLevel !== 'number') return []
  return (streams as { stream?: unknown }[]).flatMap(({ stream }) =>
    typeof stream === 'object' && stream !== null ? stream : []
  )
}
