import { isObject } from '@seaworthy/internal'
import type { ProviderIdentity } from './options.ts'

/**
 * The identity with what Apple's form has of the user, once, at the first login: `{ name: { firstName, lastName } }`. It
 * is not signed, so nothing but the name is read from it.
 */
export function withPostedUser(identity: ProviderIdentity, form: URLSearchParams): ProviderIdentity {
  const user = parse(form.get('user'))
  if (user === undefined) return identity
  const { firstName, lastName } = isObject(user.name) ? user.name : {}
  const name = [firstName, lastName].filter((part) => typeof part === 'string' && part !== '').join(' ')
  return {
    ...identity,
    name: identity.name ?? (name === '' ? undefined : name),
    claims: { ...identity.claims, user }
  }
}

function parse(text: string | null): Record<string, unknown> | undefined {
  if (text === null) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
