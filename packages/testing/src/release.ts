import { spawnSync, type SpawnSyncOptions } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepared } from './prepared.ts'
import { startRegistry, type Registry } from './registry.ts'
import { temporaryFolder } from './temporary-folder.ts'
import type { Test } from 'tap'

export const root: string = join(import.meta.dirname, '../../..')

/** Runs a program to its end; throws with what it printed when it fails. */
export function run(command: string, args: readonly string[], options: SpawnSyncOptions = {}): string {
  // The test runner follows programs into their children by the first, and changes how they load modules. By the second it
  // keeps compiled code, which is of no use where a test has a folder of its own.
  const free = ['-u', 'NODE_OPTIONS', '-u', 'NODE_COMPILE_CACHE', command, ...args]
  const result = spawnSync('env', free, { ...options, encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (result.status === 0) return result.stdout
  const what = [command, ...args].join(' ')
  throw new Error(
    `${what} ended with ${result.status ?? result.error?.message}\n${result.stdout}\n${result.stderr}`
  )
}

/** The workspace as the release workflow has it, committed, in a folder where versions may be changed. */
export function copyWorkspace(t: Test): string {
  const copy = temporaryFolder(t, 'workspace')
  copyWorkspaceTo(copy)
  return copy
}

function copyWorkspaceTo(copy: string): void {
  for (const file of ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', '.pnpmfile.cjs', '.gitignore'])
    cpSync(join(root, file), join(copy, file))
  mkdirSync(join(copy, 'packages'))
  const wanted = (source: string) => !/node_modules|\/(?:test|test-d|src|dist|templates)$/.test(source)
  for (const name of readdirSync(join(root, 'packages'))) {
    cpSync(join(root, 'packages', name), join(copy, 'packages', name), { recursive: true, filter: wanted })
  }
  cpSync(join(root, '.changeset'), join(copy, '.changeset'), { recursive: true })
  run('git', ['init', '--quiet'], { cwd: copy })
  commit(copy)
}

/** Commits all that changed in a copy. */
export function commit(copy: string): void {
  run('git', ['add', '--all'], { cwd: copy })
  const author = ['-c', 'user.name=release', '-c', 'user.email=release@example.com']
  run('git', [...author, 'commit', '--quiet', '--allow-empty', '--message', 'as the workflow would'], {
    cwd: copy
  })
}

/** The objections of the release script to publishing a copy. Empty if it may be published. */
export function releaseObjections(copy: string): string {
  const { stderr } = spawnSync(process.execPath, [join(root, '.ci/release.mjs'), '--guard'], {
    cwd: copy,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' }
  })
  return stderr
}

interface Manifest {
  name: string
  private?: boolean
}

/** The names of the published packages. */
export const packageNames: readonly string[] = readdirSync(join(root, 'packages'))
  .map((name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest)
  .filter((manifest) => !manifest.private)
  .map(({ name }) => name)

/** Gives every package the version that its changesets ask for, as the pull request of the workflow does. */
export function giveVersions(copy: string): void {
  run(process.execPath, [changeset, 'version'], { cwd: copy })
  commit(copy)
}

const changeset = join(root, 'node_modules/@changesets/cli/bin.js')

/** A copy of the workspace with every package built, made once for the same sources. It is not to be changed. */
export const builtWorkspace = async (): Promise<string> =>
  prepared('build', (copy) => {
    copyWorkspaceTo(copy)
    run(process.execPath, ['.ci/build.mjs'], {
      cwd: root,
      env: { ...process.env, BUILD_OUT: join(copy, 'packages') }
    })
  })

/** Releases every package to a registry, step by step as the workflow does. */
function release(t: Test, workspace: string, registry: Registry): void {
  const copy = temporaryFolder(t, 'workspace')
  cpSync(workspace, copy, { recursive: true })
  giveVersions(copy)
  const objections = releaseObjections(copy)
  if (objections !== '') throw new Error(objections)

  const env = { ...registry.env, PATH: `${join(root, 'node_modules/.bin')}:${registry.env.PATH}` }
  const packed = temporaryFolder(t, 'packed')
  run(process.execPath, [changeset, 'pack', '--out-dir', packed], { cwd: copy, env })
  run(process.execPath, [changeset, 'publish', '--from-pack-dir', packed, '--no-git-tag'], { cwd: copy, env })
}

/** Starts a registry that has the release of every package. They are released once for the same sources. */
export async function releaseLocally(t: Test): Promise<Registry> {
  const workspace = await builtWorkspace()
  const shared = await prepared('release', async (folder) => {
    const registry = await startRegistry(t, folder)
    release(t, workspace, registry)
    await registry.stop()
  })
  return startRegistry(t, shared)
}
