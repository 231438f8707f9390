import { createHash } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { failureReason } from '../core/failure-reason.ts'
import { readOkText } from '../core/limited-body.ts'
import type { ResolvedBreached } from './breached-options.ts'

/** Whether a password is in a list of leaked ones. */
export type IsBreached = (password: string) => Promise<boolean>

/** Letters of the hash that leave the process: hundreds of passwords share them. */
const prefixLength = 5

/** Whether a range has the rest of a hash. A count of 0 is padding. */
const hasSuffix = (range: string, suffix: string): boolean =>
  range.split('\n').some((line) => {
    const [found = '', count] = line.trim().split(':')
    return found.toUpperCase() === suffix && Number(count) > 0
  })

/** Fetches a range of hashes. Without a response no password counts as leaked: the list must not decide about logins. */
export function createIsBreached({ url, timeout }: ResolvedBreached, log: FastifyBaseLogger): IsBreached {
  let failing = false
  return async (password) => {
    const hash = createHash('sha1').update(password).digest('hex').toUpperCase()
    try {
      const response = await fetch(url + hash.slice(0, prefixLength), {
        // Then the response has the same length for each prefix.
        headers: { 'add-padding': 'true' },
        redirect: 'error',
        signal: AbortSignal.timeout(timeout)
      })
      const range = await readOkText(response)
      failing = false
      return hasSuffix(range, hash.slice(prefixLength))
    } catch (error) {
      if (!failing) {
        const what = 'the list of leaked passwords does not answer; passwords count as not leaked'
        log.warn({ reason: failureReason(error) }, `auth: ${what}; check "login.breached.url"`)
      }
      failing = true
      return false
    }
  }
}
