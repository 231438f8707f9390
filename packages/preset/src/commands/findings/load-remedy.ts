/** Messages of Node about TypeScript that it cannot strip, an import of `./x.js` for `./x.ts`, and a path of tsconfig.json. */
const needsLoader =
  /is not supported in strip-only mode|Cannot find module '[^']*\.[cm]?js' imported from [^']*\.[cm]?ts$|Cannot find package '(?:@|~|#)\//m

/** The remedy for a file that Node cannot load, if its message shows one. */
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
