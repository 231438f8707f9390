import type { CheckFunction } from '../check-options.ts'

interface Client {
  query(text: string): Promise<unknown>
  release(destroy?: boolean): void
  once?(event: 'error', listener: () => void): unknown
  off?(event: 'error', listener: () => void): unknown
}

interface Pool {
  connect(): Promise<Client>
  listenerCount?(event: 'error'): number
  on?(event: 'error', listener: () => void): unknown
}

/** What the check needs: `pg`'s `Pool`, or anything that has `query` (a client, an embedded database). */
export interface PostgresLike {
  query(text: string): Promise<unknown>
}

/** Options of {@link postgresCheck}. */
export interface PostgresCheckOptions {
  /**
   * What to ask.
   *
   * @defaultValue 'SELECT 1'
   */
  query?: string
}

const nothing = (): void => undefined

/**
 * Passes when PostgreSQL answers a query. With a `pg` pool, a connection that doesn't answer in time is destroyed, so
 * that the pool gets rid of what a frozen or failed-over server left behind, and at most one connection is asked for
 * at a time. A pool without an `error` listener gets one: without, an idle connection that breaks ends the process.
 */
export function postgresCheck(database: PostgresLike, options: PostgresCheckOptions = {}): CheckFunction {
  const { query = 'SELECT 1' } = options
  if (!isPool(database)) return () => database.query(query).then(() => true)

  if (database.listenerCount?.('error') === 0) database.on?.('error', nothing)
  const acquire = oneAtATime(database)
  return async (signal) => {
    const client = await acquire(signal)
    let failed = true
    let released = false
    const release = () => {
      if (released) return
      released = true
      client.off?.('error', nothing)
      client.release(failed)
    }
    // Destroying it is what makes a query on a dead connection come back.
    signal.addEventListener('abort', release, { once: true })
    // While it is checked out, the pool doesn't listen.
    client.once?.('error', nothing)
    try {
      await client.query(query)
      failed = false
    } finally {
      signal.removeEventListener('abort', release)
      release()
    }
    return true
  }
}

/** A pool counts its clients; a client has `connect` too, which must not be called twice. */
const isPool = (database: object): database is PostgresLike & Pool =>
  'totalCount' in database && 'connect' in database && typeof database.connect === 'function'

/** Asks the pool for a client, and doesn't ask again while it still owes one. */
function oneAtATime(pool: Pool): (signal: AbortSignal) => Promise<Client> {
  let owed: Promise<void> | undefined
  let waiter: PromiseWithResolvers<Client> | undefined
  return (signal) => {
    const mine = Promise.withResolvers<Client>()
    waiter = mine
    const leave = () => {
      if (waiter === mine) waiter = undefined
      mine.reject(signal.reason as Error)
    }
    signal.addEventListener('abort', leave, { once: true })
    owed ??= pool
      .connect()
      .then(
        (client) => (waiter ? waiter.resolve(client) : client.release()),
        (error: Error) => waiter?.reject(error)
      )
      .finally(() => {
        owed = waiter = undefined
      })
    return mine.promise
  }
}
