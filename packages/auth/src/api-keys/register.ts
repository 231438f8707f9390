import type { Scheme } from '../schemes/types.ts'
import { createApiKey, type ApiKeys } from './create.ts'
import type { ApiKeyOptions } from './options.ts'
import { apiKeyScheme } from './scheme.ts'

/** Makes what the option `apiKeys` brings. Loaded only if it is set. */
export const createApiKeys = (
  options: Required<ApiKeyOptions>,
  realm: string
): ApiKeys & { readonly scheme: Scheme } => ({
  scheme: apiKeyScheme(options, realm),
  create: () => createApiKey(options.prefix)
})
