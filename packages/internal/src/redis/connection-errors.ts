import { isErrorOfState } from './server-errors.ts'

/** A client that emits events. */
interface Emitter {
  // oxlint-disable-next-line typescript/no-explicit-any -- clients type their events, each in another way.
  on?(event: string, listener: (...args: any[]) => void): unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  off?(event: string, listener: (...args: any[]) => void): unknown
  listenerCount?(event: string): number
}

/** On each client that is watched, also by another package: the plugins that share a client hear of its errors once. */
const watchKey = Symbol.for('seaworthy.redis.last-error.v1')
interface Watch {
  error: Error | undefined
  users: number
  readonly onError: (error: Error) => void
  readonly onReady: () => void
}
type Watched = Emitter & { [watchKey]?: Watch | undefined }

/** The errors of a client's connection. */
export interface ConnectionErrors {
  /** Why the client has no connection: its last error since it was connected. */
  last(): Error | undefined
  release(): void
}

/**
 * Follows the errors of a client. It may fail before the plugin that uses it is registered, so the first that sees the
 * client listens for all.
 */
export function connectionErrors(client: Emitter): ConnectionErrors {
  const watched = client as Watched
  const watch = watched[watchKey] ?? startWatch(watched)
  watch.users++
  let isReleased = false
  return {
    last: () => watch.error,
    release() {
      if (isReleased) return
      isReleased = true
      if (--watch.users > 0) return
      watched[watchKey] = undefined
      stopListening(client, watch.onError)
      client.off?.('ready', watch.onReady)
    }
  }
}

function startWatch(client: Watched): Watch {
  const watch: Watch = {
    error: undefined,
    users: 0,
    onError: (error) => {
      if (watch.error === undefined || !isErrorOfState(error)) watch.error = error
    },
    onReady: () => void (watch.error = undefined)
  }
  if (Object.isExtensible(client))
    Object.defineProperty(client, watchKey, { value: watch, writable: true, configurable: true })
  client.on?.('error', watch.onError)
  client.on?.('ready', watch.onReady)
  return watch
}

/** A client of the app outlives a plugin. Without any listener its next error would end the process. */
export function stopListening(client: Emitter, listener: (error: Error) => void): void {
  if ((client.listenerCount?.('error') ?? 0) > 1) client.off?.('error', listener)
}
