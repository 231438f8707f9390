import { addressList, optionChecks, type AddressList, type OptionChecks } from '@seaworthy/internal'

export const check: OptionChecks = optionChecks('observability')

/** A section must be an object: `logging: true` is a mistake worth telling. */
export function section(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    check.fail(option, 'an object or false', value)
  }
}

/** Compiles a list of addresses and CIDR ranges, or gives undefined where none is given. */
export function addresses(option: string, value: unknown): AddressList | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) return check.fail(option, 'a list of IP addresses or CIDR ranges', value)
  return addressList(`observability: "${option}"`, value as string[])
}
