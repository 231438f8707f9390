import { invalidOption } from '@seaworthy/internal'
import { policyKeys } from '../breaker/policy-options.ts'

/** The options of a policy that a caller may take for those of one call. `mode` is one of the platform's `fetch` too. */
const policyOnly = policyKeys.filter((name) => name !== 'mode')

/** @throws RangeError for an option of policies, which would be without effect, and for a body that is a plain object. */
export function checkInit(init: RequestInit): void {
  for (const name of policyOnly) {
    if (name in init)
      throw invalidOption(
        `resilience: "fetch.${name}" must be in a policy: app.resilience.policy('NAME', { ${name}: … }), with { policy: 'NAME' } for the call`
      )
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
