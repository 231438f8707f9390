import { type Complete, omitUndefined } from '@seaworthy/internal'
import type { CheckFunction } from '../checks/options.ts'

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

/**
 * The database that the check needs: a `Pool` of `pg`, or any object with `query` (a client, an embedded database).
 *
 * @example
 * const pool: PostgresLike = { query: async (text) => console.log(text) }
 * app.health.addCheck('database', postgresCheck(pool))
 */
export interface PostgresLike {
  query(text: string): Promise<unknown>
}

/**
 * Options of {@link postgresCheck}.
 *
 * @example
 * const options: PostgresCheckOptions = { query: 'SELECT 1 FROM orders LIMIT 1' }
 * app.health.addCheck('orders', postgresCheck({ query: async () => undefined }, options))
 */
export interface PostgresCheckOptions {
  /**
   * The query to run.
   *
   * @defaultValue 'SELECT 1'
   */
  query?: string | undefined
}

const defaults: Complete<PostgresCheckOptions> = { query: 'SELECT 1' }

const noop = (): void => undefined

/**
 * Passes if PostgreSQL answers a query. With a pool of `pg`, a connection that does not answer in time is destroyed, so
 * that the pool drops connections that a frozen or failed-over server has left, and at most one connection is requested
 * at a time. A pool without an `error` listener gets one: otherwise an idle connection that breaks ends the process.
 *
 * @example
 * const pool = { query: async (_text: string) => ({ rows: [] }) } // new Pool() of pg
 * app.health.addCheck('database', postgresCheck(pool))
 */
export function postgresCheck(database: PostgresLike, options: PostgresCheckOptions = {}): CheckFunction {
  const { query } = { ...defaults, ...omitUndefined(options) }
  if (!isPool(database)) return () => database.query(query).then(() => true)

  if (database.listenerCount?.('error') === 0) database.on?.('error', noop)
  const connect = connectOnce(database)
  return async (signal) => {
    const client = await connect(signal)
    let failed = true
    let released = false
    const release = () => {
      if (released) return
      released = true
      client.off?.('error', noop)
      client.release(failed)
    }
    // A query on a dead connection only settles when the connection is destroyed.
    signal.addEventListener('abort', release, { once: true })
    // The pool does not listen to a client while it is checked out.
    client.once?.('error', noop)
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

/** Only a pool counts its clients. A client has `connect` too, but it must not be called twice. */
const isPool = (database: object): database is PostgresLike & Pool =>
  'totalCount' in database && 'connect' in database && typeof database.connect === 'function'

/** How many callers give up before a request for a client counts as lost. */
const maxAbandoned = 3

/**
 * Requests a client from the pool, unless a request is pending: then the newest caller gets its client. A client that
 * arrives after its caller has given up is released. A request that the pool never answers is replaced.
 */
function connectOnce(pool: Pool): (signal: AbortSignal) => Promise<Client> {
  let pending: Promise<void> | undefined
  let waiting: PromiseWithResolvers<Client> | undefined
  let abandoned = 0
  return (signal) => {
    if (abandoned >= maxAbandoned) pending = undefined
    const request = Promise.withResolvers<Client>()
    waiting = request
    const giveUp = () => {
      abandoned++
      if (waiting === request) waiting = undefined
      request.reject(signal.reason as Error)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    if (pending === undefined) {
      abandoned = 0
      const current = pool
        .connect()
        .then(
          (client) => {
            // The newest caller is served by whichever request is answered first.
            if (waiting === undefined) return client.release()
            waiting.resolve(client)
            waiting = undefined
          },
          (error: Error) => {
            if (pending === current) waiting?.reject(error)
          }
        )
        .finally(() => {
          if (pending === current) pending = waiting = undefined
        })
      pending = current
    }
    return request.promise
  }
}
