const base = 'http://local.invalid'

/** Whether a path stays on this service: `/orders?page=2`, but not `//evil.example` or `/\evil.example`. */
export function isLocalPath(path: unknown): path is string {
  if (typeof path !== 'string' || path.length > 2048 || !/^\/(?![/\\])/.test(path)) return false
  // Browsers remove tabs and line breaks from a URL before they parse it.
  // oxlint-disable-next-line no-control-regex -- the expression looks for control characters
  if (/[\u0000-\u0020\\\u007f]/.test(path)) return false
  return URL.canParse(path, base) && new URL(path, base).origin === base
}
