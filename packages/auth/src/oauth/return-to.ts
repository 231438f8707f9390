/** Whether `path` leads nowhere but to this service: `/orders?page=2`, never `//evil.example` or `/\evil.example`. */
export function isOwnPath(path: unknown): path is string {
  if (typeof path !== 'string' || path.length > 2048 || !/^\/(?![/\\])/.test(path)) return false
  // Browsers take tabs and line breaks out of a URL before they read it.
  // oxlint-disable-next-line no-control-regex -- these are what is looked for.
  if (/[\u0000-\u0020\\\u007f]/.test(path)) return false
  return (
    URL.canParse(path, 'http://own.invalid') && new URL(path, 'http://own.invalid').host === 'own.invalid'
  )
}
