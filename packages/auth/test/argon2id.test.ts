import crypto from 'node:crypto'
import Fastify from 'fastify'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { auth, type Argon2idOptions, type LoginOptions } from '../src/index.ts'

// oxlint-disable-next-line typescript/no-unnecessary-condition -- Node has it since 24.7
const hasArgon2 = crypto.argon2 !== undefined

async function build(t: Test, login: LoginOptions) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { login })
  return app.auth
}

/** Of the test of the reference implementation. */
const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'

if (hasArgon2) {
  t.test('hashes have what OWASP recommends, and hashes of other programs are verified', async (t) => {
    const passwords = await build(t, { argon2id: {} })
    const hash = await passwords.hashPassword('pässword')
    t.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    t.equal(await passwords.verifyPassword('pässword', hash), true)
    t.equal(await passwords.verifyPassword('pa\u0308ssword', hash), true, 'typed in another way')
    t.equal(await passwords.verifyPassword('password', hash), false)
    t.equal(passwords.needsRehash(hash), false)
    t.equal(await passwords.verifyPassword('password', reference), true)
    t.equal(await passwords.verifyPassword('passworD', reference), false)
    t.equal(passwords.needsRehash(reference), true)
    t.equal(await passwords.verifyPassword('password', null), false)
  })

  t.test('hashes by scrypt stay valid, and need a new one', async (t) => {
    const before = await build(t, { cost: 14 })
    const hash = await before.hashPassword('a')
    t.match(hash, /^\$scrypt\$ln=14,r=8,p=5\$/, 'as strong as p = 1 at 2^17')
    t.equal(await before.verifyPassword('password', reference), true)
    const after = await build(t, { argon2id: { memory: 7168, iterations: 5 } })
    t.equal(await after.verifyPassword('a', hash), true)
    t.equal(after.needsRehash(hash), true)
  })

  t.test('less than OWASP recommends stops the start, and an equal cost does not', async (t) => {
    const enough: Argon2idOptions[] = [
      {}, { memory: 47_104, iterations: 1 }, { memory: 19_456, iterations: 2 }, { memory: 12_288, iterations: 3 },
      { memory: 9216, iterations: 4 }, { memory: 7168, iterations: 5 }, { parallelism: 16 }
    ] // prettier-ignore
    for (const argon2id of enough) await t.resolves(build(t, { argon2id }), JSON.stringify(argon2id))
    const wrong: unknown[] = [
      { memory: 47_103, iterations: 1 }, { memory: 19_455 }, { memory: 12_287, iterations: 3 },
      { memory: 9215, iterations: 4 }, { memory: 7168, iterations: 4 }, { memory: 7167, iterations: 20 },
      { memory: 2_000_000 }, { iterations: 21 }, { iterations: 2.5 }, { iterations: '2' }, { parallelism: 0 },
      { parallelism: 17 }, { passes: 3 }, true
    ] // prettier-ignore
    for (const argon2id of wrong)
      await t.rejects(
        build(t, { argon2id: argon2id as never }),
        { code: 'INVALID_OPTION' },
        JSON.stringify(argon2id)
      )
  })

  t.test('a stored hash that would exhaust the process, or is none, lets no password in', async (t) => {
    const passwords = await build(t, { argon2id: { memory: 7168, iterations: 5 } })
    const tail = '$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    const number = fc.oneof(fc.constantFrom(0, 1, 7, 99), fc.nat({ max: 9_999_999 }))
    await fc.assert(
      fc.asyncProperty(number, number, number, async (m, time, p) => {
        const isCheap = m < 100 && time < 3
        if (m <= 1_048_576 && time <= 20 && p <= 16 && !isCheap) return
        t.equal(
          await passwords.verifyPassword('passworD', `$argon2id$v=19$m=${m},t=${time},p=${p}${tail}`),
          false
        )
      }),
      { numRuns: 50 }
    )
  })
} else {
  t.test('before Node 24.7 the start stops', async (t) => {
    await t.rejects(build(t, { argon2id: {} }), { code: 'INVALID_OPTION', message: /Node 24\.7/ })
  })
}
