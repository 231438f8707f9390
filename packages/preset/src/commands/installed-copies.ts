import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const parts = ['auth', 'errors', 'health', 'observability', 'resilience', 'security', 'shutdown']
const preset = 'fastify-seaworthy'
const names = ['fastify', preset, ...parts.map((part) => `@seaworthy/${part}`)]

/** One installed copy of a package. */
export interface Copy {
  name: string
  version: string
  folder: string
  /** The app, or the packages, that load this copy. */
  loadedBy: string[]
}

/** Every copy of Fastify and of our packages that the app or one of our packages loads. */
export function findCopies(file: string): Copy[] {
  const found: Copy[] = []
  const search = (loader: string, from: string) => {
    for (const name of names) {
      const manifest = resolveManifest(name, from)
      const folder = manifest === undefined ? undefined : dirname(manifest)
      if (manifest === undefined || folder === undefined || loader === name) continue
      const copy = found.find((candidate) => candidate.folder === folder)
      if (copy) copy.loadedBy.push(loader)
      else {
        const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
        found.push({ name, version, folder, loadedBy: [loader] })
      }
    }
  }
  search('the app', file)
  // The list grows during the loop: each package that is found is searched too.
  for (const { name, folder } of found) if (name !== 'fastify') search(name, `${folder}/package.json`)
  return found
}

/** The versions of these packages that the app, Fastify and our packages load. */
export function findVersions(
  file: string,
  copies: readonly Copy[],
  wanted: readonly string[]
): { name: string; version: string }[] {
  const places = [file, ...copies.map(({ folder }) => `${folder}/package.json`)]
  const found = new Map<string, { name: string; version: string }>()
  for (const name of wanted) {
    for (const place of places) {
      // Some packages do not export their manifest.
      const folders = createRequire(place).resolve.paths(name) ?? []
      const manifest = folders.map((folder) => join(folder, name, 'package.json')).find(existsSync)
      if (manifest === undefined) continue
      const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
      found.set(`${name} ${version}`, { name, version })
    }
  }
  return [...found.values()]
}

/** The packages that have more than one copy, one sentence for each. */
export function describeDuplicates(copies: readonly Copy[]): string[] {
  return names.flatMap((name) => {
    const same = copies.filter((copy) => copy.name === name)
    const locations = same.map(
      ({ version, folder, loadedBy }) => `${version} in ${folder}, loaded by ${loadedBy.join(' and ')}`
    )
    return same.length < 2 ? [] : [`there are ${same.length} copies of ${name}: ${locations.join('; ')}`]
  })
}

function resolveManifest(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(`${name}/package.json`)
  } catch {
    return undefined
  }
}
