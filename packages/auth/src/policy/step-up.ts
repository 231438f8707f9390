import { challenge } from '../core/errors.ts'
import type { Identity } from '../core/identity.ts'
import { check, daySeconds, seconds, toList } from '../core/option-checks.ts'

/** How and when the user of a request must have authenticated (RFC 9470). */
export interface StepUp {
  readonly acr: readonly string[]
  readonly amr: readonly string[]
  /** **Seconds**. */
  readonly maxAge: number | undefined
}

interface StepUpRule {
  readonly acr?: string | readonly string[]
  readonly amr?: string | readonly string[]
  readonly maxAge?: number | string
}

/** **Seconds** by which the clock of an issuer may be ahead. A later time is no time of a login. */
const clockTolerance = 300

/** Checks the members of a rule. `undefined` if it has none of them. */
export function stepUpOf(option: string, { acr, amr, maxAge }: StepUpRule): StepUp | undefined {
  if (acr === undefined && amr === undefined && maxAge === undefined) return undefined
  return {
    acr: valuesOf(`${option}.acr`, acr),
    amr: valuesOf(`${option}.amr`, amr),
    maxAge: maxAge === undefined ? undefined : seconds(`${option}.maxAge`, maxAge, 366 * daySeconds)
  }
}

function valuesOf(option: string, value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  const list = toList<string>(value)
  // They go into a quoted text of a header, with spaces between.
  const isValue = (entry: unknown): boolean => typeof entry === 'string' && /^[!#-[\]-~]+$/.test(entry)
  if (list.length === 0 || !list.every(isValue))
    check.fail(option, 'a value or a list of values without spaces and quotes', value)
  return list
}

/** Whether the user has authenticated in such a way. What an identity does not state counts as not done. */
export function meetsStepUp({ user, authTime }: Identity, { acr, amr, maxAge }: StepUp): boolean {
  if (acr.length > 0 && !(typeof user.acr === 'string' && acr.includes(user.acr))) return false
  const methods: unknown = user.amr
  if (amr.length > 0 && !(Array.isArray(methods) && amr.every((method) => methods.includes(method))))
    return false
  if (maxAge === undefined) return true
  const age = authTime === undefined ? NaN : Date.now() / 1000 - authTime
  return age <= maxAge && age >= -clockTolerance
}

/** The challenge, by which a client knows what to ask its authorization server for. */
export const stepUpChallenge = (scheme: string, realm: string, { acr, maxAge }: StepUp): string =>
  challenge(scheme, realm, {
    error: 'insufficient_user_authentication',
    error_description: 'A newer or stronger authentication is required',
    ...(acr.length > 0 ? { acr_values: acr.join(' ') } : {}),
    ...(maxAge === undefined ? {} : { max_age: `${maxAge}` })
  })
