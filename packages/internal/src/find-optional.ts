import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** An optional package, and how to load it. */
export interface OptionalPackage {
  require: NodeJS.Require
  path: string
}

/**
 * Finds a package that only some services install: beside the caller, beside the program, then in the working directory.
 * Bundlers see neither its name nor a `require`, so that they do not require it. In a bundle the address of the caller may
 * be missing or that of the machine that built it, which is why there are two further places.
 *
 * @param caller - `import.meta.url` of the file that uses the package.
 */
export function findOptional(name: string, caller: string): OptionalPackage | undefined {
  const places = [caller, process.argv[1], join(process.cwd(), 'package.json')]
  for (const place of places) {
    if (!place) continue
    const from = createRequire(place.startsWith('file:') ? place : pathToFileURL(place))
    try {
      return { require: from, path: from.resolve(name) }
    } catch {
      // Not installed there.
    }
  }
  return undefined
}
