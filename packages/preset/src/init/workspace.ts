import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { lockFiles } from './package-managers.ts'
import { readManifest } from './manifest.ts'

/** The folder with the lock file: the app's, or the one of its workspace. */
export function findRoot(folder: string): string {
  const isRoot = (at: string) =>
    Object.values(lockFiles)
      .flat()
      .some((file) => existsSync(join(at, file)))
  for (let at = folder; dirname(at) !== at; at = dirname(at))
    if (isRoot(at) && existsSync(join(at, 'package.json')))
      return at === folder || isWorkspace(at) ? at : folder
  return folder
}

const isWorkspace = (folder: string): boolean =>
  existsSync(join(folder, 'pnpm-workspace.yaml')) ||
  readManifest(join(folder, 'package.json')).workspaces !== undefined

/** A path as it is written in a Dockerfile. */
export const posix = (path: string): string => path.split(sep).join('/')

/** The folders of the workspace whose packages the app needs and that have a build, in the order to build them. */
export function linkedBuilds(root: string, folder: string): string[] {
  const builds: string[] = []
  const seen = new Set([folder])
  const visit = (at: string): void => {
    const { dependencies, devDependencies, scripts } = readManifest(join(at, 'package.json'))
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      const linked = linkTo(name, at, root)
      if (linked === undefined || seen.has(linked)) continue
      seen.add(linked)
      visit(linked)
    }
    if (at !== folder && scripts?.build !== undefined) builds.push(posix(relative(root, at)))
  }
  visit(folder)
  return builds
}

/** The folder in the workspace to which the package manager has linked a dependency. */
function linkTo(name: string, from: string, root: string): string | undefined {
  for (const at of [from, root]) {
    const link = join(at, 'node_modules', name)
    if (!existsSync(join(link, 'package.json'))) continue
    const target = realpathSync(link)
    const inside = relative(realpathSync(root), target)
    const isMember = !inside.startsWith('..') && !inside.split(sep).includes('node_modules')
    return isMember ? join(root, inside) : undefined
  }
  return undefined
}
