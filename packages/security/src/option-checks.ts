import { optionChecks, type OptionChecks } from '@seaworthy/internal'

export const check: OptionChecks = optionChecks('security')

/** A section must be an object: `cors: true` is a mistake worth telling. */
export function section(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    check.fail(option, 'an object or false', value)
  }
}

/** Leaves out what is `undefined`: it means "not given". */
export const given = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
