import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Where an optional package was found. */
export interface Found {
  require: NodeJS.Require
  path: string
}

/**
 * Finds a package that only some services install: beside this file, beside the program, then in the working directory.
 * Bundlers see neither its name nor a `require`, so they do not ask for it; in a bundle this file's own address may be
 * missing or that of the machine that built it, and so the other two places count.
 */
export function findOptional(name: string): Found | undefined {
  const places = [import.meta.url, process.argv[1], join(process.cwd(), 'package.json')]
  for (const place of places) {
    if (place === undefined || place === '') continue
    const from = createRequire(place.startsWith('file:') ? place : pathToFileURL(place))
    try {
      return { require: from, path: from.resolve(name) }
    } catch {
      // It isn't there.
    }
  }
  return undefined
}
