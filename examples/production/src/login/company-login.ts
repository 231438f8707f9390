import { ForbiddenError } from 'fastify-seaworthy/errors'
import type { AuthOptions } from 'fastify-seaworthy'
import type { Environment } from '../config.ts'
import type { Users } from '../users/repository.ts'

/** A login through the OpenID Connect provider that the environment names; nothing where it names none. */
export function companyLogin(env: Environment, users: Users): Pick<AuthOptions, 'oauth2'> {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = env
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) return {}

  const callbackUrl = new URL('/login/company/callback', env.PUBLIC_URL ?? `http://${env.HOST}:${env.PORT}`)
    .href
  return {
    oauth2: {
      company: {
        issuer,
        clientId,
        clientSecret,
        callbackUrl,
        returnTo: '/profile',
        async onLogin({ issuer, subject, verifiedEmail, name }) {
          if (verifiedEmail === undefined) throw new ForbiddenError('Your address is not verified')
          const user = await users.forIdentity({
            issuer,
            subject,
            email: verifiedEmail,
            name: name ?? verifiedEmail
          })
          return { sub: user.id, roles: user.roles }
        }
      }
    }
  }
}
