import { readLimitedText } from '../core/limited-body.ts'
import type { OAuthEndpoints, ProviderIdentity } from './options.ts'

interface GitHubUser {
  id: number
  login: string
  name: string | null
}
interface GitHubEmail {
  email: string
  primary: boolean
  verified: boolean
}

export const githubEndpoints: OAuthEndpoints = {
  authorizeHost: 'https://github.com',
  authorizePath: '/login/oauth/authorize',
  tokenHost: 'https://github.com',
  tokenPath: '/login/oauth/access_token'
}

/** The user of a GitHub token. `timeout` is in milliseconds. The profile's address is unverified: only the list of addresses has that information. */
export async function githubProfile(
  accessToken: string,
  timeout: number,
  api = 'https://api.github.com'
): Promise<Omit<ProviderIdentity, 'provider' | 'issuer' | 'accessToken'>> {
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(api + path, {
      headers: { authorization: `Bearer ${accessToken}`, accept: 'application/vnd.github+json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeout)
    })
    const { ok, status } = response
    if (!ok) throw Object.assign(new Error(`GitHub answered ${status}`), { status })
    return JSON.parse(await readLimitedText(response)) as T
  }
  const [user, emails] = await Promise.all([get<GitHubUser>('/user'), get<GitHubEmail[]>('/user/emails')])
  return {
    // The id, because the login name can be changed and then given to another user.
    subject: String(user.id),
    verifiedEmail: emails.find(({ primary, verified }) => primary && verified)?.email,
    name: user.name ?? user.login,
    claims: { ...user }
  }
}
