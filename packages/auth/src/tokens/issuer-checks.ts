import { check } from '../core/option-checks.ts'
import type { ResolvedDpop } from '../dpop/options.ts'
import { isIntrospected, type IntrospectedIssuer, type ResolvedIssuer } from './issuer-options.ts'

/** Stops the start for an issuer whose tokens must be bound to a key, without the option for it. */
export function checkDpop(issuers: readonly ResolvedIssuer[], dpop: ResolvedDpop | undefined): void {
  const index = issuers.findIndex(({ dpopRequired }) => dpopRequired === true)
  if (index === -1 || dpop !== undefined) return
  check.failWith(`jwt.issuers[${index}].dpopRequired`, 'used with the option "jwt.dpop"', 'none')
}

/** Stops the start for two issuers of one name. */
export function checkUnique(issuers: readonly string[]): void {
  const duplicate = issuers.find((name, index) => issuers.indexOf(name) !== index)
  if (duplicate !== undefined) check.fail('jwt.issuers', 'different issuers', duplicate)
}

/** The issuer of opaque tokens, which do not name theirs: there can be one. */
export function onlyIntrospected(issuers: readonly ResolvedIssuer[]): IntrospectedIssuer | undefined {
  const [issuer, ...further] = issuers.filter(isIntrospected)
  if (further.length > 0) {
    const rule = 'at most one with "introspection": an opaque token does not name its issuer'
    check.fail('jwt.issuers', rule, further.length + 1)
  }
  return issuer
}
