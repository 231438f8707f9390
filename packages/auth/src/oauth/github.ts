import type { ProviderIdentity } from './options.ts'

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

export const githubEndpoints = {
  authorizeHost: 'https://github.com',
  authorizePath: '/login/oauth/authorize',
  tokenHost: 'https://github.com',
  tokenPath: '/login/oauth/access_token'
}

/** Who a GitHub token is of. The address in a user's profile is what they typed: only the list of addresses knows. */
export async function githubProfile(
  accessToken: string,
  api = 'https://api.github.com'
): Promise<Omit<ProviderIdentity, 'provider' | 'issuer' | 'accessToken'>> {
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(api + path, {
      headers: { authorization: `Bearer ${accessToken}`, accept: 'application/vnd.github+json' },
      redirect: 'error',
      signal: AbortSignal.timeout(5000)
    })
    if (!response.ok)
      throw Object.assign(new Error(`GitHub answered ${response.status}`), { status: response.status })
    return (await response.json()) as T
  }
  const [user, emails] = await Promise.all([ask<GitHubUser>('/user'), ask<GitHubEmail[]>('/user/emails')])
  return {
    // The number stays when the user takes another name, and somebody else the old one.
    subject: String(user.id),
    verifiedEmail: emails.find(({ primary, verified }) => primary && verified)?.email,
    name: user.name ?? user.login,
    claims: { ...user }
  }
}
