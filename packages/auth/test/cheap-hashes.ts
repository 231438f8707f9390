import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import type { Test } from 'tap'

type Scrypt = typeof crypto.scrypt

/** Replaces scrypt until the test ends, or until the returned function is called. */
export function replaceScrypt(t: Test, make: (scrypt: Scrypt) => (...args: Parameters<Scrypt>) => void) {
  const { scrypt } = crypto
  const use = (other: Scrypt): void => {
    crypto.scrypt = other
    syncBuiltinESMExports()
  }
  use(make(scrypt) as Scrypt)
  const restore = (): void => use(scrypt)
  t.teardown(restore)
  return restore
}

/** Makes each hash a thousandth of the work, for tests of what happens around hashes: they compute hundreds. */
export function cheapHashes(t: Test): void {
  replaceScrypt(t, (scrypt) => (password, salt, length, options, done) => {
    scrypt(password, salt, length, { ...options, N: 16 }, done)
  })
}
