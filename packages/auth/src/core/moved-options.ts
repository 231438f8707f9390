import { invalidOption } from '@seaworthy/internal'

/** Options of another plugin, and how to say the same here. */
export type MovedOptions = Readonly<Record<string, string>>

/** Stops the start for an option of the plugin that this package replaces, with the way to say it here. */
export function assertNoMovedOptions(
  option: string,
  value: object,
  plugin: string,
  moved: MovedOptions
): void {
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(moved, name) || (value as Record<string, unknown>)[name] === undefined) continue
    const path = option === '' ? name : `${option}.${name}`
    throw invalidOption(`auth: "${path}" is an option of ${plugin}; here ${moved[name]!}`)
  }
}

/** Options of @fastify/jwt. */
export const movedFromFastifyJwt: MovedOptions = {
  sign: 'set "jwt.algorithm", "jwt.expiresIn", "jwt.issuer" and "jwt.audience"',
  verify:
    'set "jwt.issuer", "jwt.audience" and "jwt.clockTolerance", or "jwt.issuers" for tokens of others; instead of "extractToken" set "jwt.cookie", or copy the token into the header Authorization in an onRequest hook before',
  decode: 'app.jwt.decode(token, options) takes them',
  trusted:
    'call app.auth.revoke({ token }), or add a function to "policies" that reads the claims in request.user',
  formatUser: 'set "rolesClaim" and "scopesClaim" of the issuer, or change request.user in a preHandler hook',
  messages: 'tell errors apart by their codes, in the error handler of the app',
  decoratorName: 'the claims are request.user: add a decorator of your own that returns it',
  namespace: 'list the issuers of all tokens in "jwt.issuers": one registration accepts them all',
  jwtVerify: 'the function is request.jwtVerify(), for the tokens of all issuers',
  jwtDecode: 'the function is request.jwtDecode()',
  jwtSign: 'the function is reply.jwtSign()',
  extractToken:
    'set "jwt.cookie", or copy the token into the header Authorization in an onRequest hook before',
  formatToken: 'set "jwt.cookie"'
}

/** Options of @fastify/jwt at the top of this package's options. */
export const movedFromFastifyJwtTop: MovedOptions = {
  ...movedFromFastifyJwt,
  secret: 'set "jwt.secret"',
  cookie: 'set "jwt.cookie" to the name of the cookie, or "session.cookie"'
}

/** Options of @fastify/secure-session. */
export const movedFromSecureSession: MovedOptions = {
  sessionName: 'the session is request.session, and its cookie is "session.cookieName"',
  cookieOptions: 'set "session.cookie"',
  expiry: 'set "session.absoluteTimeout" and "session.idleTimeout", in milliseconds'
}

/** Options of @fastify/session. */
export const movedFromFastifySession: MovedOptions = {
  saveUninitialized: 'a session without content has no cookie',
  rolling: '"session.idleTimeout" begins anew with each request',
  store: 'set "redis" at the top of the options; the content is in the cookie, encrypted',
  idGenerator: 'ids are random',
  cookiePrefix: 'set "session.cookieName"'
}

/** Options of @fastify/csrf-protection. */
export const movedFromCsrfProtection: MovedOptions = {
  sessionPlugin: 'the protection knows the sessions of this package',
  getToken: 'the header x-csrf-token has the token, where "csrf.unknownOrigin" requires one',
  getUserInfo: 'a token belongs to one session',
  cookieKey: 'there is no cookie for tokens',
  cookieOpts: 'there is no cookie for tokens',
  sessionKey: 'its name in the session is fixed',
  csrfOpts: 'tokens are random'
}

/** Options of @fastify/oauth2. */
export const movedFromFastifyOauth2: MovedOptions = {
  name: 'the name is the key in "oauth2": { google: { … } }',
  credentials: 'set "clientId", "clientSecret" and "endpoints"',
  startRedirectPath: 'set "startPath"',
  callbackUri: 'set "callbackUrl"',
  discovery: 'set "issuer"',
  generateStateFunction: 'each login has a random state, bound to its browser',
  checkStateFunction: 'the state is checked',
  callbackUriParams: 'add a provider of your own to "endpoints"',
  pkce: 'PKCE is always on'
}
