import type { ResolvedProvider } from './options.ts'
import type { Provider } from './provider.ts'

/**
 * A provider whose client is loaded with its first use: openid-client and what it brings take longer to load than the rest
 * of this package.
 */
export function lazyProvider(options: ResolvedProvider): {
  provider: Provider
  load: () => Promise<Provider>
} {
  let pending: Promise<Provider> | undefined
  const load = async (): Promise<Provider> => {
    pending ??= import('./provider.ts').then(({ createProvider }) => createProvider(options))
    try {
      return await pending
    } catch (error) {
      pending = undefined
      throw error
    }
  }
  const provider: Provider = {
    startLogin: async (returnTo) => (await load()).startLogin(returnTo),
    completeLogin: async (query, login) => (await load()).completeLogin(query, login),
    metadata: async () => (await load()).metadata(),
    endSessionUrl: async (parameters) => (await load()).endSessionUrl(parameters)
  }
  return { provider, load }
}
