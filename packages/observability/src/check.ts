import { addressList, isObject, optionChecks, type AddressList, type OptionChecks } from '@seaworthy/internal'

export const check: OptionChecks = optionChecks('observability')

/** The names of an options interface. The compiler refuses a missing name and one that the interface does not have. */
export const optionNames = <T>(names: Record<keyof T, true>): readonly string[] => Object.keys(names)

/** The defaults of an options interface: the compiler refuses an option that has none and is not in `Without`. */
export type Defaults<T, Without extends keyof T = never> = {
  readonly [Name in Exclude<keyof T, Without>]-?: NonNullable<T[Name]>
}

/** Throws for anything but an object: `logging: true` is a frequent mistake. */
export function assertOptionsObject(option: string, value: unknown): void {
  if (!isObject(value)) check.fail(option, 'an object or false', value)
}

/** Compiles a list of addresses and CIDR ranges. `undefined` without a list. */
export function optionalAddressList(option: string, value: unknown): AddressList | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) return check.fail(option, 'a list of IP addresses or CIDR ranges', value)
  return addressList(`observability: "${option}"`, value as string[])
}
