/** A client that emits events. */
interface Emitter {
  // oxlint-disable-next-line typescript/no-explicit-any -- clients type their events, each in another way.
  on?(event: string, listener: (...args: any[]) => void): unknown
}

/** On each client that is watched, also by another package: the plugins that share a client hear of its errors once. */
const place = Symbol.for('seaworthy.redis.last-error.v1')
interface Seen {
  error: Error | undefined
}
type Watched = Emitter & { [place]?: Seen }

/**
 * Follows why a client has no connection: its last error since it was connected. A client may fail before the plugin that
 * uses it is registered, so the first that sees the client listens for all.
 */
export function lastErrorOf(client: Emitter): () => Error | undefined {
  const watched = client as Watched
  const seen = watched[place] ?? watch(watched)
  return () => seen.error
}

function watch(client: Watched): Seen {
  const seen: Seen = { error: undefined }
  if (Object.isExtensible(client)) Object.defineProperty(client, place, { value: seen })
  client.on?.('error', (error: Error) => {
    seen.error = error
  })
  client.on?.('ready', () => {
    seen.error = undefined
  })
  return seen
}
