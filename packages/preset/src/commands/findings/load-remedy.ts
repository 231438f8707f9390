/** What Node says of TypeScript that it cannot strip, of an import of `./x.js` for `./x.ts`, and of a path of tsconfig.json. */
const needsLoader =
  /is not supported in strip-only mode|Cannot find module '[^']*\.[cm]?js' imported from [^']*\.[cm]?ts$|Cannot find package '(?:@|~|#)\//m

/** What to do about a file that Node cannot load, if its message says so. */
export function loadRemedy(message: string): string | undefined {
  if (needsLoader.test(message))
    return 'name the built file, or set NODE_OPTIONS="--import tsx" (npm install --save-dev tsx)'
  const missing = /Cannot find (?:package|module) '([^'./][^']*)'/.exec(message)?.[1]
  return missing === undefined ? undefined : `npm install ${packageOf(missing)}`
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
