// node .ci/changed.mjs BASE: the packages that the commits since BASE touch, and those that are built or tested with them.
// Prints a JSON list of folders below `packages`; what concerns every package (this folder, the lockfile) gives them all.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { all } from './packages.mjs'

const nameOf = ({ folder }) => folder.replace('packages/', '')
const tested = all.filter(({ folder }) => existsSync(`${folder}/test`)).map(nameOf)

/** The packages that depend on a package, directly or not, itself included. */
function withDependents(name, found = new Set()) {
  if (found.has(name)) return found
  found.add(name)
  for (const { manifest } of all) {
    const { dependencies, devDependencies } = manifest
    if ({ ...dependencies, ...devDependencies }[name]) withDependents(manifest.name, found)
  }
  return found
}

/** The packages to test for these changed files. */
export function affected(files) {
  const touched = new Set()
  for (const file of files) {
    const [top, folder] = file.split('/')
    if (top === 'examples' || top === '.changeset' || (!file.includes('/') && file.endsWith('.md'))) continue
    if (top === 'docs') {
      for (const name of ['documents', 'consumers']) touched.add(name)
      continue
    }
    const one = top === 'packages' && all.find((candidate) => nameOf(candidate) === folder)
    // A folder that is gone, or a file that concerns all.
    if (!one) return tested
    for (const name of withDependents(one.manifest.name)) touched.add(name)
  }
  const names = all.filter(({ manifest }) => touched.has(manifest.name)).map(nameOf)
  return names.filter((name) => tested.includes(name))
}

if (import.meta.filename === process.argv[1]) {
  const base = process.argv[2]
  if (!base) {
    console.error('usage: node .ci/changed.mjs BASE, BASE is a commit')
    process.exit(2)
  }
  const args = ['diff', '--name-only', `${base}...HEAD`]
  const { status, stdout, stderr } = spawnSync('git', args, { encoding: 'utf8' })
  if (status !== 0) {
    console.error(stderr)
    process.exit(1)
  }
  console.log(JSON.stringify(affected(stdout.split('\n').filter(Boolean))))
}
