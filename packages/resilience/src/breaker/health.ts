import { optionChecks } from '@seaworthy/internal'

/** The readiness check of a breaker. */
export interface Health {
  readonly critical: boolean
}

const check = optionChecks('resilience')

export function resolveHealth(at: string, { critical = false, ...others }: { critical?: boolean }): Health {
  check.keys(at, others, ['critical'])
  return { critical: check.boolean(`${at}.critical`, critical) }
}
