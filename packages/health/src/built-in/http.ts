import { type Complete, omitUndefined, optionChecks, type OptionChecks } from '@seaworthy/internal'
import type { CheckFunction } from '../checks/options.ts'

/**
 * Options of {@link httpCheck}.
 *
 * @example
 * const options: HttpCheckOptions = { method: 'GET', expect: (statusCode) => statusCode < 500 }
 * app.health.addCheck('payments', httpCheck('http://payments.internal/', options))
 */
export interface HttpCheckOptions {
  /**
   * The method of the request.
   *
   * @defaultValue 'GET'
   */
  method?: string | undefined
  /**
   * The headers of the request.
   *
   * @defaultValue {}
   */
  headers?: Record<string, string> | undefined
  /**
   * Whether a status passes.
   *
   * @defaultValue 200 to 299
   */
  expect?: ((statusCode: number) => boolean) | undefined
}

const defaults: Complete<HttpCheckOptions> = {
  method: 'GET',
  headers: {},
  expect: (statusCode) => statusCode >= 200 && statusCode < 300
}

const check: OptionChecks = optionChecks('health')

/**
 * Passes if the address responds with success. It does not follow redirects and does not read the body.
 *
 * @example
 * app.health.addCheck('payments', httpCheck('http://payments.internal/health'), { critical: false })
 * @throws RangeError with the code `INVALID_OPTION` if `url` is no http or https address, or has a password.
 */
export function httpCheck(url: string | URL, options: HttpCheckOptions = {}): CheckFunction {
  const { method, headers, expect } = { ...defaults, ...omitUndefined(options) }
  const address = URL.parse(String(url))
  if (!address || !/^https?:$/.test(address.protocol)) {
    return check.fail('httpCheck url', 'an http or https address', address ? address.protocol : 'no address')
  }
  if (address.username !== '' || address.password !== '') {
    check.failWith('httpCheck url', 'without a user and password: use "headers"', 'both')
  }
  return async (signal) => {
    const response = await fetch(address, { method, headers, signal, redirect: 'manual' })
    await response.body?.cancel()
    if (!expect(response.status)) throw new Error(`the status was ${response.status}`)
    return true
  }
}
