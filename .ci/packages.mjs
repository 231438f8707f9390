// The packages of this workspace: folder and manifest.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

export const all = readdirSync('packages')
  .filter((folder) => existsSync(`packages/${folder}/package.json`))
  .map((folder) => ({
    folder: `packages/${folder}`,
    manifest: JSON.parse(readFileSync(`packages/${folder}/package.json`, 'utf8'))
  }))

/** Those that are published. */
export const packages = all.filter(({ manifest }) => !manifest.private)

/** Those of them that apps import. The others are programs: they have no exports, types or options. */
export const libraries = packages.filter(({ folder }) => existsSync(`${folder}/src/index.ts`))

/** Those that are inlined into what is published. A private package without an entry, like the benchmark, is a program. */
export const privateNames = all
  .filter(({ folder, manifest }) => manifest.private && existsSync(`${folder}/src/index.ts`))
  .map(({ manifest }) => manifest.name)

/** A package's sources that become files of their own: `src/index.ts`, if it has exports, and what `"seaworthy": { "entries": [...] }` names. */
export const entriesOf = ({ seaworthy, exports }) => [
  ...(exports === undefined ? [] : ['index']),
  ...(seaworthy?.entries ?? [])
]
