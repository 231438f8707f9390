import { invalidOption } from '@seaworthy/internal'
import { policyKeys } from '../breaker/policy-options.ts'

/** The options of a policy that a caller may take for those of one call. `mode` is one of the platform's `fetch` too. */
const policyOnly = policyKeys.filter((name) => name !== 'mode')

/** Names of axios, got, ky and superagent, with those of this package: the platform's fetch ignores them. */
const renamed: Readonly<Record<string, string>> = {
  json: 'body: JSON.stringify(value), with the header content-type: application/json',
  data: 'body',
  form: 'body: new URLSearchParams(value)',
  params: 'query',
  searchParams: 'query',
  qs: 'query',
  baseURL: 'part of the URL',
  prefixUrl: 'part of the URL'
}

/** @throws RangeError for an option that would be without effect, and for a body that is a plain object. */
export function checkInit(init: RequestInit): void {
  for (const name of policyOnly) {
    if (name in init)
      throw invalidOption(
        `resilience: "fetch.${name}" must be in a policy: app.resilience.policy('NAME', { ${name}: … }), with { policy: 'NAME' } for the call`
      )
  }
  for (const [name, here] of Object.entries(renamed)) {
    if (name in init) throw invalidOption(`resilience: "fetch.${name}" is not an option; it is ${here}`)
  }
  // fetch would send `[object Object]`.
  if (
    typeof init.body === 'object' &&
    init.body !== null &&
    Object.getPrototypeOf(init.body) === Object.prototype
  )
    throw invalidOption(
      'resilience: "fetch.body" must be text, bytes, a form or a stream, got an object; send JSON.stringify(body), with the header content-type: application/json'
    )
}
