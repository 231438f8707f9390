import * as client from 'openid-client'
import type { ProviderIdentity } from './options.ts'

/** The facts about a user that a provider states. */
export type Profile = Omit<ProviderIdentity, 'provider' | 'issuer' | 'accessToken'>

/** Some providers send the text: Apple in ID tokens, Amazon Cognito in userinfo. */
const isTrue = (value: unknown): boolean => value === true || value === 'true'

/** The user of an ID token. Userinfo may have claims that the token lacks. */
export async function openIdProfile(
  config: client.Configuration,
  accessToken: string,
  idToken: client.IDToken
): Promise<Profile> {
  const hasUserInfo = config.serverMetadata().userinfo_endpoint !== undefined
  const userInfo =
    idToken.email === undefined && hasUserInfo ? await userInfoOf(config, accessToken, idToken.sub) : {}
  const claims: Record<string, unknown> = { ...userInfo, ...idToken }
  const { sub, email, name } = claims
  return {
    subject: String(sub),
    verifiedEmail: isTrue(claims.email_verified) && typeof email === 'string' ? email : undefined,
    name: typeof name === 'string' ? name : undefined,
    claims
  }
}

/** The subject is compared with that of the ID token. */
async function userInfoOf(
  config: client.Configuration,
  accessToken: string,
  subject: string
): Promise<Record<string, unknown>> {
  try {
    return await client.fetchUserInfo(config, accessToken, subject)
  } catch (error) {
    // The access token is for another API, as with a scope of one at Entra: the ID token alone identifies the user.
    if (isForbidden(error)) return {}
    throw error
  }
}

function isForbidden(error: unknown): boolean {
  const { status, cause } = error as { status?: number; cause?: { status?: number } }
  const code = status ?? cause?.status
  return code === 401 || code === 403
}
