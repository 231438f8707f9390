import { sign as signBytes } from 'node:crypto'
import t from 'tap'
import { bearer, encode, guardedApp, seconds, secret } from './helpers.ts'
import {
  appClaims,
  es,
  hs,
  idpClaims,
  k256,
  other,
  p256,
  p384,
  pem,
  rsa,
  jwk,
  signed,
  theirs,
  verifyingApp
} from './signed-tokens.ts'

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
      'sub an object': { sub: { id: 'ada' } },
      'sub a list': { sub: ['ada'] },
      'sub true': { sub: true },
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
  'sub empty, by the provider': es(idpClaims({ sub: '' })),
  'exp beyond what numbers hold': hs(JSON.stringify(appClaims()).replace(/"exp":\d+/, '"exp":1e999'))
})

t.test('every malicious token gets 401 with a challenge, and no handler runs', async (t) => {
  const { send, runs, trap, intake } = await verifyingApp(t)
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
    (await app.inject({ url: '/', headers: bearer(token) })).statusCode
  const theirsFor = (aud: unknown): string => es(appClaims({ iss: other, aud }), {}, theirs.privateKey)
  for (const aud of ['api', 'web', ['web'], ['else', 'api'], ['api', 'web']])
    t.equal(await status(theirsFor(aud)), 200, String(aud))
  for (const aud of ['ap', 'api,web', ['else'], 'seaworthy', 'toString'])
    t.equal(await status(theirsFor(aud)), 401, String(aud))
  t.equal(await status(hs(appClaims({ aud: ['else', 'seaworthy'] }))), 200)
})
