import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

const parts = ['auth', 'errors', 'health', 'observability', 'resilience', 'security', 'shutdown']
const preset = 'fastify-seaworthy'
const names = ['fastify', preset, ...parts.map((part) => `@seaworthy/${part}`)]

/** One package where it is installed. */
export interface Copy {
  name: string
  version: string
  folder: string
  /** The app, or the packages that load this one. */
  by: string[]
}

/** Every copy of Fastify and of ours that the app or one of ours loads. */
export function findCopies(file: string): Copy[] {
  const found: Copy[] = []
  const ask = (who: string, from: string) => {
    for (const name of names) {
      const manifest = resolved(name, from)
      const folder = manifest === undefined ? undefined : dirname(manifest)
      if (manifest === undefined || folder === undefined || who === name) continue
      const known = found.find((copy) => copy.folder === folder)
      if (known) known.by.push(who)
      else {
        const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
        found.push({ name, version, folder, by: [who] })
      }
    }
  }
  ask('the app', file)
  // The list grows while it is gone through: a package is asked as soon as it is found.
  for (const { name, folder } of found) if (name !== 'fastify') ask(name, `${folder}/package.json`)
  return found
}

/** Packages of which there is more than one copy, a sentence each. */
export function describeDuplicates(copies: readonly Copy[]): string[] {
  return names.flatMap((name) => {
    const same = copies.filter((copy) => copy.name === name)
    const places = same.map(
      ({ version, folder, by }) => `${version} in ${folder}, loaded by ${by.join(' and ')}`
    )
    return same.length < 2 ? [] : [`there are ${same.length} copies of ${name}: ${places.join('; ')}`]
  })
}

function resolved(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(`${name}/package.json`)
  } catch {
    return undefined
  }
}
