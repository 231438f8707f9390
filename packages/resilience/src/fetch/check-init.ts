import { invalidOption } from '@seaworthy/internal'
import { policyKeys } from '../breaker/policy-options.ts'

/** The options of a policy that a caller may take for those of one call. `mode` is one of the platform's `fetch` too. */
const policyOnly = policyKeys.filter((name) => name !== 'mode')

/** @throws RangeError for an option of policies, which would be without effect. */
export function checkInit(init: RequestInit): void {
  for (const name of policyOnly) {
    if (name in init)
      throw invalidOption(
        `resilience: "fetch.${name}" must be in a policy: app.resilience.policy('NAME', { ${name}: … }), with { policy: 'NAME' } for the call`
      )
  }
}
