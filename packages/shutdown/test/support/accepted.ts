/** A request that failed, by the id that it carried in the header `x-request`. */
export interface Failure {
  id: string
  /** The status or the code of the error. */
  result: string
  /** Whether its connection had been served before: then the service had accepted it. */
  isReused: boolean
}

/** The ids of the requests that services with `LOG_ACCEPTED` have read, from their logs. */
export const acceptedIn = (log: string): ReadonlySet<string> =>
  new Set([...log.matchAll(/"accepted":"([\w-]+)"/g)].map(([, id = '']) => id))

/**
 * The failures that a service is to blame for. A connection that the system has established, and that waits for the
 * process when its listener closes, is reset: no service can answer it, where none takes the listener over.
 */
export const lostOf = (failures: readonly Failure[], accepted: ReadonlySet<string>): Failure[] =>
  failures.filter(({ id, isReused }) => accepted.has(id) || isReused)
