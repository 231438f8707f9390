import { unavailable } from '../core/errors.ts'

const lateLimit = 5

const refused = (cause: unknown): Error =>
  unavailable('AUTH_STORE_UNAVAILABLE', 'Logins and sessions cannot be checked right now', 1, cause)

/**
 * Rejects with 503 when Redis doesn't answer in time: a client that waits for a connection waits for ever. After some
 * late answers in a row one request at a time asks on and the others are refused at once, or all of them would wait,
 * and what they ask would pile up in the client.
 */
export function withDeadline(timeout: number): <T>(ask: () => Promise<T>) => Promise<T> {
  let late = 0
  let asking = 0

  return async (ask) => {
    if (late >= lateLimit && asking > 0) throw refused(new Error('it has not answered the last times'))
    asking++
    let timer: NodeJS.Timeout | undefined
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        late++
        reject(new Error(`no answer within ${timeout} ms`))
      }, timeout)
    })
    try {
      const answer = await Promise.race([ask(), expired])
      late = 0
      return answer
    } catch (error) {
      throw refused(error)
    } finally {
      asking--
      clearTimeout(timer)
    }
  }
}
