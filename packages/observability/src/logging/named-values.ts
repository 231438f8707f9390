import { namesSecret } from '@seaworthy/internal'

const redacted = '[redacted]'

/** The members that have the value of a secret which another member names. */
const valueNames: ReadonlySet<string> = new Set(['value', 'args'])

/**
 * Whether an object has a name and its value, and the name is a secret's: `{ name: 'DB_PASSWORD', value: '…' }`, a command of
 * Redis `{ name: 'auth', args: […] }`. Its members for which {@link isValueName} holds are secret then.
 */
export function isNamedSecret(value: object): boolean {
  if (!('value' in value || 'args' in value)) return false
  const { name, key = name } = value as { name?: unknown; key?: unknown }
  return isSecretsName(key)
}

export const isValueName = (name: string): boolean => valueNames.has(name)

const isSecretsName = (value: unknown): boolean => typeof value === 'string' && namesSecret(value)

/**
 * A list without the values of secrets that it has beside their names: pairs, as a `Map` or `Headers` is spread to, the
 * arguments of a program, and names and values in turn, as Node has raw headers.
 *
 * @param areHeaders - Whether the list is named like headers.
 */
export function withoutNamedSecrets(list: readonly unknown[], areHeaders: boolean): readonly unknown[] {
  const inTurn = areHeaders && list.length % 2 === 0
  const isSecret = (index: number) =>
    inTurn ? index % 2 === 1 && isSecretsName(list[index - 1]) : isSwitch(list[index - 1])
  const hasSecret = list.some((item, index) => isSecretPair(item) || isSecret(index))
  if (!hasSecret) return list
  return list.map((item, index) => {
    if (isSecret(index)) return redacted
    return isSecretPair(item) ? [item[0], redacted] : item
  })
}

const isSecretPair = (item: unknown): item is [string, unknown] =>
  Array.isArray(item) && item.length === 2 && isSecretsName(item[0])

/** `--api-key`, before its value. */
const isSwitch = (item: unknown): boolean =>
  typeof item === 'string' && item.startsWith('--') && !item.includes('=') && namesSecret(item)

/** Whether a member holds headers: `headers`, `rawHeaders`. */
export const namesHeaders = (name: string): boolean => /^(?:raw)?headers$/i.test(name)
