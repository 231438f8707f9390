import { createHmac, generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto'
import { startIntake } from '@seaworthy/testing'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { isCanonical } from '../src/core/token-text.ts'
import { bearerOf } from '../src/tokens/bearer.ts'
import { guardedApp, secret } from './helpers.ts'

const idp = 'https://id.example.com'
const other = 'https://other.example.com'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
const theirs = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()
const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' })

const seconds = (): number => Math.floor(Date.now() / 1000)
const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const appClaims = (more: object = {}) => ({
  iss: 'seaworthy', aud: 'seaworthy', sub: 'ada', roles: ['admin'], iat: seconds(), exp: seconds() + 60, ...more
}) // prettier-ignore
const idpClaims = (more: object = {}) => appClaims({ iss: idp, aud: 'api', ...more })

/** Signs any header and claims: libraries refuse most of these. */
function signed(header: object, claims: unknown, key: string | KeyObject = secret): string {
  const { alg = '' } = header as { alg?: unknown }
  // An object may have a "toString" that is no function.
  const name = typeof alg === 'string' ? alg : ''
  return signedText(`${encode(header)}.${encode(claims)}`, key, /(?:256|384|512)$/.exec(name)?.[0])
}
function signedText(text: string, key: string | KeyObject, bits = '256'): string {
  const bytes =
    typeof key === 'string'
      ? createHmac(`sha${bits}`, key).update(text).digest()
      : signBytes(`sha${bits}`, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${bytes.toString('base64url')}`
}
const hs = (claims: unknown, header: object = {}, key = secret) =>
  signed({ alg: 'HS256', typ: 'JWT', ...header }, claims, key)
const es = (claims: unknown, header: object = {}, key = p256.privateKey) =>
  signed({ alg: 'ES256', kid: 'k1', ...header }, claims, key)

/** Accepts the app's HMAC tokens, those of an issuer with published keys, and those of one with a fixed key. */
async function build(t: Test) {
  const keys = { keys: [jwk(p256.publicKey, 'k1'), jwk(rsa.publicKey, 'r1'), jwk(p384.publicKey, 'k3')] }
  const intake = await startIntake(t, () => ({ body: JSON.stringify(keys) }))
  const trap = await startIntake(t, () => ({ body: JSON.stringify({ keys: [jwk(theirs.publicKey, 'k1')] }) }))
  const made = await guardedApp(t, {
    jwt: {
      secret,
      issuers: [
        { issuer: idp, audience: 'api', algorithms: ['ES256', 'RS256'], jwksUrl: intake.url },
        { issuer: other, audience: 'api', algorithms: ['ES256'], publicKey: pem(theirs.publicKey) }
      ]
    }
  })
  const { app, route } = made
  route('DELETE', '/authenticate', { onRequest: app.authenticate })
  route('DELETE', '/authorize', { onRequest: app.authorize('admin') })
  route('DELETE', '/declared', { config: { auth: { roles: 'admin' } } })
  await app.ready()
  const send = (token: string, url = '/authenticate') =>
    app.inject({ method: 'DELETE', url, headers: { authorization: `Bearer ${token}` } })
  return { ...made, send, trap, intake }
}

const [header, payload, signature] = hs(appClaims()).split('.') as [string, string, string]
const publicPem = pem(rsa.publicKey)
const spki = rsa.publicKey.export({ type: 'spki', format: 'der' })
const rsaJwk = rsa.publicKey.export({ format: 'jwk' })

const maliciousTokens = (trap: string): Record<string, string> => ({
  ...Object.fromEntries(
    ['none', 'nOnE', 'NONE', 'None', ' none', ''].flatMap((alg) => [
      [`alg "${alg}", unsigned`, `${encode({ alg, typ: 'JWT' })}.${encode(appClaims())}.`],
      [`alg "${alg}", signed`, hs(appClaims(), { alg })],
      [`alg "${alg}" with another's signature`, `${encode({ alg, typ: 'JWT' })}.${payload}.${signature}`]
    ])
  ),
  'no alg': signed({ typ: 'JWT' }, appClaims()),
  'alg as a number': hs(appClaims(), { alg: 256 }),
  'alg as a list': hs(appClaims(), { alg: ['HS256'] }),
  'alg of a prototype': hs(appClaims(), { alg: 'constructor' }),
  'another HMAC': hs(appClaims(), { alg: 'HS512' }),
  'another case': hs(appClaims(), { alg: 'hs256' }),

  ...Object.fromEntries(
    Object.entries({
      'the PEM': publicPem,
      'the trimmed PEM': publicPem.trim(),
      'the PEM and a space': `${publicPem} `,
      'a BOM and the PEM': `\uFEFF${publicPem}`,
      'space and the PEM': `\n\t ${publicPem}`,
      'the PEM with CRLF': publicPem.replaceAll('\n', '\r\n'),
      'the DER': spki.toString('base64'),
      'the JWK': JSON.stringify(rsaJwk),
      'the JWK, spaced': JSON.stringify(rsaJwk, null, 2),
      'the JWK set': JSON.stringify({ keys: [jwk(rsa.publicKey, 'r1')] }),
      'the modulus': rsaJwk.n!,
      nothing: ''
    }).map(([name, key]) => [`HMAC with ${name}`, hs(idpClaims(), { kid: 'r1' }, key)])
  ),
  "HMAC with the app's secret under the provider's name": hs(idpClaims(), { kid: 'k1' }),
  "the provider's key under the app's name": es(appClaims()),
  "the provider's key under another provider's name": es(idpClaims({ iss: other })),
  "another provider's key under the provider's name": es(idpClaims(), {}, theirs.privateKey),

  'an empty signature': `${header}.${payload}.`,
  'another header': `${encode({ alg: 'HS256', typ: 'JWT', a: 1 })}.${payload}.${signature}`,
  'another payload': `${header}.${encode(appClaims({ sub: 'root' }))}.${signature}`,
  'a short signature': `${header}.${payload}.${signature.slice(0, 20)}`,
  'a signature twice': `${header}.${payload}.${signature}${signature}`,
  'ES256 by P-384': es(idpClaims(), { kid: 'k3' }, p384.privateKey),
  'ES384 by P-384, which is published': es(idpClaims(), { alg: 'ES384', kid: 'k3' }, p384.privateKey),
  'ES256 by secp256k1': es(idpClaims(), {}, k256.privateKey),
  'ES256 of zeros': `${encode({ alg: 'ES256', kid: 'k1' })}.${encode(idpClaims())}.${Buffer.alloc(64).toString('base64url')}`,
  'ES256 in DER': ((text: string) =>
    `${text}.${signBytes('sha256', Buffer.from(text), p256.privateKey).toString('base64url')}`)(
    `${encode({ alg: 'ES256', kid: 'k1' })}.${encode(idpClaims())}`
  ),
  'RS256 claimed for an EC key': es(idpClaims(), { alg: 'RS256' }),
  'PS256, which is not allowed': signed({ alg: 'PS256', kid: 'r1' }, idpClaims(), rsa.privateKey),
  'RS512, which is not allowed': signed({ alg: 'RS512', kid: 'r1' }, idpClaims(), rsa.privateKey),

  ...Object.fromEntries(
    Object.entries({
      'of 10 kB': 'k'.repeat(10_000),
      'of 300 letters': 'k'.repeat(300),
      'that is a path': '../../../../dev/null',
      'that is a file': 'file:///dev/null',
      'that is SQL': "k1' OR '1'='1",
      'that is a URL': trap,
      'that is __proto__': '__proto__',
      'that is empty': '',
      'that is null': null,
      'that is a number': 1,
      'that is an object': { k1: true },
      'with a null byte': 'k1\0'
    }).map(([name, kid]) => [`a kid ${name}`, es(idpClaims(), { kid })])
  ),
  ...Object.fromEntries(
    Object.entries({
      jku: trap,
      x5u: trap,
      jwk: theirs.publicKey.export({ format: 'jwk' }),
      x5c: [theirs.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')]
    }).map(([name, value]) => [`a key in ${name}`, es(idpClaims(), { [name]: value }, theirs.privateKey)])
  ),
  'crit with an unknown extension': hs(appClaims(), { crit: ['exp'], exp: 1 }),
  'crit with one that it brings': hs(appClaims(), {
    crit: ['http://example.com/x'],
    'http://example.com/x': true
  }),
  'crit empty': hs(appClaims(), { crit: [] }),
  'crit null': hs(appClaims(), { crit: null }),
  'crit as text': hs(appClaims(), { crit: 'b64' }),
  'b64 false': hs(appClaims(), { crit: ['b64'], b64: false }),
  'b64 false, uncritical': hs(appClaims(), { b64: false }),

  'five parts': `${encode({ alg: 'dir', enc: 'A256GCM' })}..${encode('iv')}.${encode('text')}.${encode('tag')}`,
  'five parts of a token': `${header}.${payload}.${signature}.${payload}.${signature}`,
  'a part more': `${header}.${payload}.${signature}.`,
  'a part less': `${header}.${payload}`,
  'only dots': '..',
  'no parts': 'x',
  'padding after the signature': `${header}.${payload}.${signature}=`,
  'padding in the header': `${header}==.${payload}.${signature}`,
  'a space inside': `${header}. ${payload}.${signature}`,
  'a tab inside': `${header}.\t${payload}.${signature}`,
  'a space behind': `${header}.${payload}.${signature} x`,
  'plus and slash': `${header}.${payload}.${signature.slice(0, -2)}+/`,
  'a second spelling of the last letter': `${header}.${payload}.${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1)}`,
  'a Latin letter': `${header}.${payload}.é${signature.slice(1)}`,
  'a comma': `${header}.${payload}.${signature},${header}.${payload}.${signature}`,
  'more than the longest token': hs(appClaims({ filler: 'x'.repeat(9000) })),

  ...Object.fromEntries(
    Object.entries({
      'a text': '"admin"',
      'a list': '[{"sub":"ada"}]',
      null: 'null',
      'a number': '1',
      'broken JSON': '{"sub":',
      nothing: ' '
    }).map(([name, claims]) => [`claims that are ${name}`, hs(claims)])
  ),
  ...Object.fromEntries(
    Object.entries({
      'exp past': { exp: seconds() - 60 },
      'no exp': { exp: undefined },
      'exp as text': { exp: String(seconds() + 60) },
      'exp null': { exp: null },
      'exp a list': { exp: [seconds() + 60] },
      'nbf to come': { nbf: seconds() + 60 },
      'nbf as text': { nbf: '0' },
      'iat to come': { iat: seconds() + 60 },
      'iat as text': { iat: String(seconds()) },
      'no iat': { iat: undefined },
      'no iss': { iss: undefined },
      'another iss': { iss: 'someone' },
      'iss as a list': { iss: ['seaworthy'] },
      'iss with a slash': { iss: 'seaworthy/' },
      'no aud': { aud: undefined },
      'another aud': { aud: 'someone' },
      'aud null': { aud: null },
      'aud as an object': { aud: { seaworthy: true, api: true } },
      'aud an empty list': { aud: [] },
      'aud a list of others': { aud: ['someone', 'another'] },
      'aud a list with a number': { aud: ['seaworthy', 'api', 1] },
      'aud a list in a list': { aud: [['seaworthy', 'api']] },
      'an ID token': { nonce: 'n', at_hash: 'h' }
    }).flatMap(([name, more]) => [
      [name, hs(appClaims(more))],
      [`${name}, by the provider`, es(idpClaims(more))]
    ])
  ),
  'no sub, by the provider': es(idpClaims({ sub: undefined })),
  'sub null, by the provider': es(idpClaims({ sub: null })),
  'exp beyond what numbers hold': hs(JSON.stringify(appClaims()).replace(/"exp":\d+/, '"exp":1e999'))
})

t.test('every malicious token gets 401 with a challenge, and no handler runs', async (t) => {
  const { send, runs, trap, intake } = await build(t)
  for (const token of [hs(appClaims()), es(idpClaims())])
    t.equal((await send(token)).statusCode, 200, 'a valid one')
  const good = runs()
  for (const [name, token] of Object.entries(maliciousTokens(trap.url))) {
    for (const url of ['/authenticate', '/authorize', '/declared']) {
      const { statusCode, headers } = await send(token, url)
      t.equal(statusCode, 401, `${name} ${url}`)
      t.match(headers['www-authenticate'], /^Bearer realm="api", error="invalid_token"/, name)
    }
  }
  t.equal(runs(), good)
  t.equal(trap.requests.length, 0, 'no URL in a token is fetched')
  t.ok(intake.requests.length <= 2, 'the tokens cause no fetch')
})

t.test('one common audience of token and app is enough', async (t) => {
  const { app, route } = await guardedApp(t, {
    jwt: {
      secret,
      issuers: [
        { issuer: other, audience: ['api', 'web'], algorithms: ['ES256'], publicKey: pem(theirs.publicKey) }
      ]
    }
  })
  route('GET', '/', { onRequest: app.authenticate })
  await app.ready()
  const status = async (token: string): Promise<number> =>
    (await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).statusCode
  const theirsFor = (aud: unknown): string => es(appClaims({ iss: other, aud }), {}, theirs.privateKey)
  for (const aud of ['api', 'web', ['web'], ['else', 'api'], ['api', 'web']])
    t.equal(await status(theirsFor(aud)), 200, String(aud))
  for (const aud of ['ap', 'api,web', ['else'], 'seaworthy', 'toString'])
    t.equal(await status(theirsFor(aud)), 401, String(aud))
  t.equal(await status(hs(appClaims({ aud: ['else', 'seaworthy'] }))), 200)
})

t.test('a token with one changed character is invalid', async (t) => {
  const { send, runs } = await build(t)
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
  const { send, runs } = await build(t)
  const value = fc.jsonValue()
  const names = ['alg', 'typ', 'kid', 'crit', 'b64', 'jku', 'jwk', 'x5u', 'zip', 'enc', 'cty']
  const anyHeader = fc.dictionary(fc.constantFrom(...names), value)
  const anyClaims = fc.oneof(
    value,
    fc.dictionary(fc.constantFrom('iss', 'aud', 'exp', 'nbf', 'sub', 'roles'), value)
  )
  const sane = fc.constantFrom({ alg: 'HS256' }, { alg: 'ES256', kid: 'k1' }, { alg: 'RS256', kid: 'r1' })
  const known = fc.constantFrom(appClaims(), idpClaims(), idpClaims({ iss: other }))
  await fc.assert(
    fc.asyncProperty(fc.oneof(anyHeader, sane), fc.oneof(anyClaims, known), async (head, claims) => {
      const token = signed(head, claims, 'not the secret, but as long as one')
      return (await send(token)).statusCode === 401
    }),
    { numRuns: 500 }
  )
  t.equal(runs(), 0)
})

t.test('validly signed claims of any shape do not break the guard', async (t) => {
  const { send } = await build(t)
  const claims = fc.dictionary(
    fc.constantFrom('sub', 'id', 'roles', 'role', 'scope', 'scopes', 'jti', 'sid', 'iat_ms', '__proto__'),
    fc.jsonValue()
  )
  await fc.assert(
    fc.asyncProperty(claims, async (more) => {
      const { statusCode } = await send(hs({ ...appClaims({ roles: undefined }), ...more }), '/authenticate')
      return statusCode === 200
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
  const { send, runs } = await build(t)
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
  const { app, runs } = await build(t)
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
