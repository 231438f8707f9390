// Properties that hold for tokens and headers of any text.
import type { KeyObject } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { isCanonical } from '../src/core/token-text.ts'
import { bearerOf } from '../src/tokens/bearer.ts'
import { encode, secret } from './helpers.ts'
import {
  appClaims,
  es,
  hs,
  idpClaims,
  other,
  p256,
  signed,
  signedText,
  theirs,
  verifyingApp
} from './signed-tokens.ts'

t.test('a token with one changed character is invalid', async (t) => {
  const { send, runs } = await verifyingApp(t)
  const tokens = [hs(appClaims()), es(idpClaims()), es(idpClaims({ iss: other }), {}, theirs.privateKey)]
  for (const token of tokens) t.equal((await send(token)).statusCode, 200)
  const letters = Array.from('AZaz09-_.=+/ ,~')
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...tokens),
      fc.nat(),
      fc.constantFrom('replace', 'insert', 'drop', 'swap'),
      fc.constantFrom(...letters),
      async (token, seed, how, letter) => {
        const at = seed % token.length
        const mutated = {
          replace: token.slice(0, at) + letter + token.slice(at + 1),
          insert: token.slice(0, at) + letter + token.slice(at),
          drop: token.slice(0, at) + token.slice(at + 1),
          swap: token.slice(at) + token.slice(0, at)
        }[how]
        // A space at the end belongs to the header, not to the token.
        if (mutated.trim() === token) return true
        return (await send(mutated)).statusCode === 401
      }
    ),
    { numRuns: 1000 }
  )
  t.equal(runs(), tokens.length)
})

t.test('a token signed with another key is invalid for any header and claims', async (t) => {
  const { send, runs } = await verifyingApp(t)
  const value = fc.jsonValue()
  const names = ['alg', 'typ', 'kid', 'crit', 'b64', 'jku', 'jwk', 'x5u', 'zip', 'enc', 'cty']
  const anyHeader = fc.dictionary(fc.constantFrom(...names), value)
  const anyClaims = fc.oneof(
    value,
    fc.dictionary(fc.constantFrom('iss', 'aud', 'exp', 'nbf', 'sub', 'roles'), value)
  )
  const sane = fc.constantFrom({ alg: 'HS256' }, { alg: 'ES256', kid: 'k1' }, { alg: 'RS256', kid: 'r1' })
  const issuerClaims = fc.constantFrom(appClaims(), idpClaims(), idpClaims({ iss: other }))
  await fc.assert(
    fc.asyncProperty(fc.oneof(anyHeader, sane), fc.oneof(anyClaims, issuerClaims), async (head, claims) => {
      const token = signed(head, claims, 'not the secret, but as long as one')
      return (await send(token)).statusCode === 401
    }),
    { numRuns: 500 }
  )
  t.equal(runs(), 0)
})

t.test('validly signed claims of any shape do not break the guard', async (t) => {
  const { send } = await verifyingApp(t)
  const claims = fc.dictionary(
    fc.constantFrom('sub', 'id', 'roles', 'role', 'scope', 'scopes', 'jti', 'sid', 'iat_ms', '__proto__'),
    fc.jsonValue()
  )
  await fc.assert(
    fc.asyncProperty(claims, async (more) => {
      const claims = { ...appClaims({ roles: undefined }), ...more }
      const isSubject = claims.sub === null || ['string', 'number'].includes(typeof claims.sub)
      const { statusCode } = await send(hs(claims), '/authenticate')
      return statusCode === (isSubject ? 200 : 401)
    }),
    { numRuns: 300 }
  )
})

t.test('the parser of the Authorization header returns one plain token or nothing', async () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from('Bearer bEaReR \t,.=a0-_~é')), maxLength: 40 })
  fc.assert(
    fc.property(text, (authorization) => {
      const found = bearerOf({ authorization })
      if (found === undefined) return !/^bearer[\s,]/i.test(authorization) && !/^bearer$/i.test(authorization)
      return found === '' || (authorization.slice(7) === found && !/[\s,]/.test(found))
    }),
    { numRuns: 5000 }
  )
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from('abcAQgw019-_.=+/ ')), maxLength: 60 }),
      (token) => {
        const parts = token.split('.')
        if (!/^[\w.-]+$/.test(token) || parts.length !== 3 || !isCanonical(token)) return true
        // Canonical means: decoding and encoding again gives the same text.
        return parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
      }
    ),
    { numRuns: 5000 }
  )
  fc.assert(
    fc.property(fc.tuple(fc.uint8Array({ minLength: 1 }), fc.uint8Array({ minLength: 1 })), ([a, b]) => {
      const [one, two] = [a, b].map((bytes) => Buffer.from(bytes).toString('base64url'))
      return isCanonical(`${one}.${two}.${one}`)
    })
  )
})

t.test('another spelling of a token is invalid although it has a valid signature', async (t) => {
  const { send, runs } = await verifyingApp(t)
  const makers: { alg: string; claims: (more: object) => object; key: string | KeyObject }[] = [
    { alg: 'HS256', claims: appClaims, key: secret },
    { alg: 'ES256', claims: idpClaims, key: p256.privateKey },
    { alg: 'ES256', claims: (more) => idpClaims({ iss: other, ...more }), key: theirs.privateKey }
  ]
  // The claims end with two unused bits.
  const text = ({ alg, claims }: (typeof makers)[number]): string => {
    const spelt = ['', 'x', 'xx'].map((filler) => encode(claims({ filler })))
    return `${encode({ alg, kid: 'k1' })}.${spelt.find((each) => each.length % 4 === 3)}`
  }
  for (const maker of makers) t.equal((await send(signedText(text(maker), maker.key))).statusCode, 200)
  const good = runs()
  for (const maker of makers) {
    const plain = text(maker)
    const last = String.fromCharCode(plain.charCodeAt(plain.length - 1) + 1)
    t.equal(
      (await send(signedText(plain.slice(0, -1) + last, maker.key))).statusCode,
      401,
      'unused bits that are not zero'
    )
  }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...makers),
      fc.nat(),
      fc.constantFrom(...Array.from('=+/ \t,~.')),
      async (maker, seed, letter) => {
        const plain = text(maker)
        const at = seed % (plain.length + 1)
        const misspelt = plain.slice(0, at) + letter + plain.slice(at)
        return (await send(signedText(misspelt, maker.key))).statusCode === 401
      }
    ),
    { numRuns: 1000 }
  )
  t.equal(runs(), good)
})

t.test('any Authorization header gets 401, and no handler runs', async (t) => {
  const { app, runs } = await verifyingApp(t)
  const ascii = fc.string({ unit: 'binary-ascii', maxLength: 300 })
  const text = fc.oneof(
    ascii.map((rest) => `Bearer ${rest}`),
    ascii.map((rest) => `bearer\t${rest}`),
    ascii
  )
  await fc.assert(
    fc.asyncProperty(text, async (header_) => {
      const authorization = header_.replace(/[^\t\x20-\x7e]/g, '')
      const { statusCode, headers } = await app.inject({
        method: 'DELETE',
        url: '/authenticate',
        headers: { authorization }
      })
      return statusCode === 401 && headers['www-authenticate'] !== undefined
    }),
    { numRuns: 500 }
  )
  t.equal(runs(), 0)
})
