import { isResponseHeaders } from './error-headers.ts'

/**
 * Members by which HTTP clients and SDKs attach what an upstream answered. An error without any of them counts as one of the
 * app's own classes. `test/chosen-status.test.ts` has one of each kind.
 */
const upstreamMembers: readonly string[] = [
  'response', // axios, got, ky, superagent, ofetch, octokit, gaxios
  'request',
  'config',
  'isAxiosError',
  '$metadata', // AWS SDK 3
  '$response',
  'transporterStackTrace', // Algolia
  'rawError', // Discord
  'raw', // Stripe
  'rawResponse', // SDKs that Fern and Speakeasy generate
  'responseHeaders', // AI SDK, Adyen, Kiota
  'httpResponse', // Firebase, Hugging Face
  'clerkError',
  '__isStorageError', // Supabase
  'moreInfo', // Twilio
  '__isAuthError' // Supabase
]

/** Codes of undici and got. */
const clientCode = /^(?:UND_ERR_|ERR_NON_2XX_3XX_RESPONSE$)/

/** Whether an HTTP client or an SDK made the error, so that its status is an upstream's: see decision 9. */
export function isUpstreamError(error: object): boolean {
  const members = error as Record<string, unknown>
  if (upstreamMembers.some((name) => members[name] !== undefined && members[name] !== null)) return true
  // undici, Elasticsearch, OpenAI and others have the headers, directly or in `meta`.
  const { headers, meta, code } = members
  if (isResponseHeaders(headers)) return true
  if (typeof code === 'string' && clientCode.test(code)) return true
  return typeof meta === 'object' && meta !== null && 'headers' in meta && 'statusCode' in meta
}
