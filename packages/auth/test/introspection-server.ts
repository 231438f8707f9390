import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Test } from 'tap'
import type { AuthOptions, IntrospectionOptions, IssuerOptions, JwtOptions } from '../src/index.ts'
import { bearer, guardedApp, listen, seconds } from './helpers.ts'

export const idp = 'https://id.example.com'
export const active = (more: object = {}): object => ({
  active: true,
  iss: idp,
  aud: 'api',
  sub: 'u1',
  iat: seconds() - 10,
  exp: seconds() + 600,
  ...more
})

export interface Call {
  request: IncomingMessage
  body: URLSearchParams
}
export type Answer = (response: ServerResponse, call: Call) => void
export const respondWith =
  (answer: object, status = 200): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))

interface BuildOptions {
  introspection?: Partial<IntrospectionOptions>
  issuer?: Partial<IssuerOptions>
  jwt?: Partial<JwtOptions>
  more?: Partial<AuthOptions>
}

/** An issuer with an introspection endpoint, and an app that uses it. */
export async function introspectingApp(t: Test, { introspection, issuer, jwt, more }: BuildOptions = {}) {
  const state: { calls: Call[]; elsewhere: number; answer: Answer } = {
    calls: [],
    elsewhere: 0,
    answer: (response, call) => respondWith(active())(response, call)
  }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    if (request.url === '/elsewhere') {
      state.elsewhere++
      return respondWith(active())(response, { request, body: new URLSearchParams() })
    }
    const call = { request, body: new URLSearchParams(text) }
    state.calls.push(call)
    state.answer(response, call)
  })
  const { url: issuerUrl, stop } = await listen(t, server)
  const endpoint = `${issuerUrl}/introspect`
  const made = await guardedApp(t, {
    jwt: {
      ...jwt,
      issuers: [
        {
          issuer: idp,
          audience: 'api',
          introspection: { endpoint, clientId: 'my api', clientSecret: 's:e/c', ...introspection },
          ...issuer
        }
      ]
    },
    ...more
  })
  made.route('DELETE', '/thing', { onRequest: made.app.authenticate })
  const call = (token: string, url = '/thing') =>
    made.app.inject({ method: 'DELETE', url, headers: bearer(token) })
  const status = async (token: string, url?: string) => (await call(token, url)).statusCode
  return { ...made, state, stop, call, status }
}
