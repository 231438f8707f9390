import type { SchemeName } from '../core/identity.ts'
import type { ResolvedAuth } from '../resolve-options.ts'

/** Security schemes of a document, by name. */
export type SecuritySchemes = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** The schemes of an app in the words of OpenAPI, and the names by which each of the plugin's can be met. */
export interface DescribedSchemes {
  readonly schemes: SecuritySchemes
  readonly namesOf: ReadonlyMap<SchemeName, readonly string[]>
}

/** Names that no scheme of the plugin has. */
const jwtCookie = 'jwtCookie'
const jwtDpop = 'jwtDpop'

export function describeSchemes({
  jwt,
  session,
  apiKeys
}: Pick<ResolvedAuth, 'jwt' | 'session' | 'apiKeys'>): DescribedSchemes {
  const schemes: Record<string, Record<string, unknown>> = {}
  const namesOf = new Map<SchemeName, readonly string[]>()
  if (jwt) {
    const schemesOfJwt: Record<string, Record<string, unknown>> = {}
    if (jwt.dpop?.required !== true)
      schemesOfJwt.jwt = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }
    if (jwt.dpop) schemesOfJwt[jwtDpop] = { type: 'http', scheme: 'dpop' }
    if (jwt.cookie !== undefined) schemesOfJwt[jwtCookie] = { type: 'apiKey', in: 'cookie', name: jwt.cookie }
    Object.assign(schemes, schemesOfJwt)
    namesOf.set('jwt', Object.keys(schemesOfJwt))
  }
  if (apiKeys) {
    schemes.apiKey = { type: 'apiKey', in: 'header', name: apiKeys.header }
    namesOf.set('apiKey', ['apiKey'])
  }
  if (session) {
    schemes.session = { type: 'apiKey', in: 'cookie', name: session.cookieName }
    namesOf.set('session', ['session'])
  }
  return { schemes, namesOf }
}

/** The scheme in the words of Swagger 2.0, which has no bearer and no cookie. */
export const inSwagger2 = (scheme: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  scheme.type === 'http'
    ? { type: 'apiKey', in: 'header', name: 'Authorization' }
    : scheme.in === 'cookie'
      ? { ...scheme, in: 'header', name: 'Cookie', description: `The cookie ${String(scheme.name)}` }
      : scheme
