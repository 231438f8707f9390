import fc from 'fast-check'
import { secret } from './helpers.ts'

/** A plain value, with the secret in all texts. */
export const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, undefined, NaN, 0, -0, 1n, true, false, '', secret, Symbol(secret)),
  fc.double(),
  fc.string().map((text) => `${text}${secret}`),
  fc.constant(() => secret),
  fc.anything({
    withBigInt: true,
    withNullPrototype: true,
    withDate: true,
    withMap: true,
    withSparseArray: true
  })
)

/** A status, or what may stand in its place. */
export const statuses: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: -1, max: 10_000 }),
  fc.double(),
  value
)

/** An error that throws whatever is read of it. */
export const explosive = (): unknown => {
  const trap = () => {
    throw new Error(secret)
  }
  return new Proxy(new Error(secret), { get: trap, has: trap, ownKeys: trap, getOwnPropertyDescriptor: trap })
}

/** A proxy that throws whatever is read of it, even its type. */
export const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
