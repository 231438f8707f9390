const base = 'http://local.invalid'

/**
 * A path that stays on this service, as it goes into `Location`: `/orders?page=2`, and `/%E6%97%A5` for `/日`.
 * `undefined` for `//evil.example`, `/\\evil.example` and what becomes so when dots are resolved.
 */
export function localPathOf(path: unknown): string | undefined {
  if (typeof path !== 'string' || path.length > 2048 || !/^\/(?![/\\])/.test(path)) return undefined
  // Browsers remove tabs and line breaks from a URL before they parse it.
  // oxlint-disable-next-line no-control-regex -- the expression looks for control characters
  if (/[\u0000-\u0020\\\u007f]/.test(path)) return undefined
  const url = URL.canParse(path, base) ? new URL(path, base) : undefined
  if (url?.origin !== base) return undefined
  const encoded = url.href.slice(base.length)
  // A longer one would not fit into the cookie of a login.
  return encoded.startsWith('//') || encoded.length > 2048 ? undefined : encoded
}

/** Whether a path stays on this service. */
export const isLocalPath = (path: unknown): path is string => localPathOf(path) !== undefined

/** The path of a URL as a route of a scope, whose prefix is added to it. */
export const pathInScope = ({ pathname }: URL, { prefix }: { readonly prefix: string }): string =>
  prefix !== '' && pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname
