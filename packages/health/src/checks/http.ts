import { optionChecks } from '@seaworthy/internal'
import type { CheckFunction } from '../check-options.ts'

/** Options of {@link httpCheck}. */
export interface HttpCheckOptions {
  /**
   * The method.
   *
   * @defaultValue 'GET'
   */
  method?: string
  /**
   * Headers to send.
   *
   * @defaultValue {}
   */
  headers?: Record<string, string>
  /**
   * Which status codes pass.
   *
   * @defaultValue 200 to 299
   */
  expect?: (statusCode: number) => boolean
}

const rules = optionChecks('health')

/**
 * Passes when the address answers with success. Redirects are not followed, the body isn't read.
 *
 * @throws RangeError where `url` is no http or https address.
 */
export function httpCheck(url: string | URL, options: HttpCheckOptions = {}): CheckFunction {
  const {
    method = 'GET',
    headers = {},
    expect = (statusCode) => statusCode >= 200 && statusCode < 300
  } = options
  const address = URL.parse(String(url))
  if (!address || !/^https?:$/.test(address.protocol)) {
    rules.fail('httpCheck url', 'an http or https address', address ? address.protocol : 'no address')
  }
  if (address!.username !== '' || address!.password !== '') {
    rules.fail('httpCheck url', 'without a user and password: use "headers"', 'them')
  }
  return async (signal) => {
    const response = await fetch(address!, { method, headers, signal, redirect: 'manual' })
    await response.body?.cancel()
    if (!expect(response.status)) throw new Error(`the answer was ${response.status}`)
    return true
  }
}
