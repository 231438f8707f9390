import { spawnSync, type SpawnSyncOptions } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startRegistry, type Registry } from './registry.ts'
import { temporaryFolder } from './servers.ts'
import type { Test } from 'tap'

export const root: string = join(import.meta.dirname, '../../..')

/** Runs a program to its end; throws with what it printed when it fails. */
export function run(command: string, args: readonly string[], options: SpawnSyncOptions = {}): string {
  // The test runner follows programs into their children by this variable, and changes how they load modules.
  const free = ['-u', 'NODE_OPTIONS', command, ...args]
  const result = spawnSync('env', free, { ...options, encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (result.status === 0) return result.stdout
  const what = [command, ...args].join(' ')
  throw new Error(
    `${what} ended with ${result.status ?? result.error?.message}\n${result.stdout}\n${result.stderr}`
  )
}

/** The workspace as the release workflow has it, built, in a folder where versions may be changed. */
function copyWorkspace(t: Test): string {
  const copy = temporaryFolder(t, 'workspace')
  for (const file of ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml'])
    cpSync(join(root, file), join(copy, file))
  mkdirSync(join(copy, 'packages'))
  const wanted = (source: string) => !/node_modules|\/(?:test|src|dist|templates)$/.test(source)
  for (const name of readdirSync(join(root, 'packages'))) {
    cpSync(join(root, 'packages', name), join(copy, 'packages', name), { recursive: true, filter: wanted })
  }
  const env = { ...process.env, BUILD_OUT: join(copy, 'packages') }
  run(process.execPath, ['.ci/build.mjs'], { cwd: root, env })
  cpSync(join(root, '.changeset/config.json'), join(copy, '.changeset/config.json'), { recursive: true })
  return copy
}

/** The names of the published packages. */
export const packageNames: readonly string[] = readdirSync(join(root, 'packages'))
  .map((name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest)
  .filter((manifest) => !manifest.private)
  .map(({ name }) => name)

interface Manifest {
  name: string
  private?: boolean
}

/** Starts a registry and releases every package to it, through changesets as the workflow does. */
export async function releaseLocally(t: Test): Promise<Registry> {
  const registry = await startRegistry(t)
  const copy = copyWorkspace(t)
  addChangeset(copy, packageNames)
  const changeset = join(root, 'node_modules/@changesets/cli/bin.js')
  run(process.execPath, [changeset, 'version'], { cwd: copy, env: registry.env })
  run('git', ['init', '--quiet'], { cwd: copy })
  const env = { ...registry.env, PATH: `${join(root, 'node_modules/.bin')}:${registry.env.PATH}` }
  run(process.execPath, [changeset, 'publish', '--no-git-tag'], { cwd: copy, env })
  return registry
}

/** Adds a changeset for every package, as a contributor would with `changeset add`. */
function addChangeset(copy: string, names: readonly string[]): void {
  const bumps = names.map((name) => `'${name}': minor\n`).join('')
  writeFileSync(join(copy, '.changeset/first.md'), `---\n${bumps}---\n\nThe first release.\n`)
}
