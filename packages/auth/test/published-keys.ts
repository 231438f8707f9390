import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { exportJWK, SignJWT } from 'jose'
import type { Test } from 'tap'
import type { IssuerOptions } from '../src/index.ts'
import { bearer, guardedApp, listen, secret } from './helpers.ts'

export const idp = 'https://id.example.com'
export const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const sign = (key: KeyObject, kid?: string): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg: 'ES256', ...(kid === undefined ? {} : { kid }) })
    .setIssuer(idp)
    .setAudience('api')
    .setSubject('u1')
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(key)

export type Answer = (response: ServerResponse, keys: string) => void

/** An issuer that publishes keys over HTTP, and an app that accepts its tokens. `state.answer` can break it. */
export async function build(t: Test, options: Partial<IssuerOptions> = {}, cache = 1000) {
  const issuerKey = pair()
  const published: { keys: object[] } = {
    keys: [{ ...(await exportJWK(issuerKey.publicKey)), kid: 'k1', use: 'sig' }]
  }
  const good: Answer = (response, keys) => void response.end(keys)
  const state = { fetches: 0, elsewhere: 0, answer: good }
  const server = createServer(({ url }, response) => {
    if (url === '/elsewhere') state.elsewhere++
    else state.fetches++
    const answer = url === '/elsewhere' ? good : state.answer
    answer(response, JSON.stringify(published))
  })
  const { url } = await listen(t, server)
  const jwksUrl = `${url}/keys`
  const made = await guardedApp(t, {
    jwt: {
      secret,
      cache,
      issuers: [{ issuer: idp, audience: 'api', algorithms: ['ES256'], jwksUrl, ...options }]
    }
  })
  made.route('DELETE', '/thing', { onRequest: made.app.authenticate })
  await made.app.ready()
  const call = (token: string) => made.app.inject({ method: 'DELETE', url: '/thing', headers: bearer(token) })
  const status = async (token: string) => (await call(token)).statusCode
  return { ...made, state, good, published, issuerKey, call, status }
}

/** Moves the clock from which the age of keys is read. Nothing else uses it. */
export function clock(t: Test): (milliseconds: number) => void {
  const real = performance.now.bind(performance)
  let ahead = 0
  performance.now = () => real() + ahead
  t.teardown(() => void (performance.now = real))
  return (milliseconds) => void (ahead += milliseconds)
}
