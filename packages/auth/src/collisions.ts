const cookieNames = new Set(['cookies', 'setCookie', 'cookie', 'clearCookie', 'unsignCookie', 'signCookie'])
const cookieTools = new Set(['serializeCookie', 'parseCookie', 'createSigner', 'signer'])
const jwtNames = new Set(['jwt', 'jwtVerify', 'jwtDecode', 'jwtSign'])
const sessionNames = /^session$|SecureSession$/

/** The advice for a decorator whose name two plugins use. */
export function explainCollision(name: string, isOurs: boolean): string {
  const what = isOurs
    ? `auth: the decorator "${name}" belongs to @seaworthy/auth, which is registered already`
    : `auth: the app or another plugin has the decorator "${name}", which @seaworthy/auth needs`
  return `${what}; ${remedyFor(name)}`
}

function remedyFor(name: string): string {
  if (cookieNames.has(name) || cookieTools.has(name))
    return 'register @fastify/cookie before @seaworthy/auth, which then uses it with its options'
  if (jwtNames.has(name)) return 'remove @fastify/jwt, which the option "jwt" replaces, or set "jwt" to false'
  if (name === 'user')
    return 'remove that decorator, because this package decorates and sets request.user, or set "jwt" to false if it is of @fastify/jwt or another plugin'
  if (sessionNames.test(name)) return 'remove the other session plugin, or set "session" to false'
  if (name === 'authenticate' || name === 'authorize')
    return `rename yours, or decorate it before @seaworthy/auth is registered, which then keeps it`
  if (name === 'auth')
    return 'remove @fastify/auth, which "schemes" of config.auth replaces, or register one of the two in a scope of its own'
  return 'rename the other one, or register one of the two in a scope of its own'
}
