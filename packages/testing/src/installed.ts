import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { prepared } from './prepared.ts'
import { builtWorkspace, packageNames, root, run } from './release.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** The tarballs that a release would publish, by the names of their packages. They are made once for the same sources. */
export async function packedPackages(): Promise<ReadonlyMap<string, string>> {
  const workspace = await builtWorkspace()
  const folder = await prepared('packs', (folder) => {
    const chosen = packageNames.flatMap((name) => ['--filter', name])
    const pnpm = join(root, 'node_modules/pnpm/bin/pnpm.mjs')
    const args = [pnpm, '--recursive', ...chosen, 'pack', '--pack-destination', folder]
    run(process.execPath, args, { cwd: workspace })
  })
  const files = readdirSync(folder)
  return new Map(
    packageNames.map((name) => {
      const start = `${name.replace('@', '').replace('/', '-')}-`
      const file = files.find((file) => file.startsWith(start))
      if (file === undefined) throw new Error(`${name} was not packed; there are ${files.join(', ')}`)
      return [name, join(folder, file)]
    })
  )
}

/** The parts of an installed app. */
export interface InstalledAppOptions {
  /** The arguments of `npm install`: names of our packages, which are the packed ones, and `name@version` of others. */
  packages: readonly string[]
  /** Files by their path, with their text. */
  files?: Readonly<Record<string, string>>
  /** Fields of its package.json. */
  manifest?: Readonly<Record<string, unknown>>
}

/**
 * A folder with an app in it that has our packages as a user has them: from their tarballs, with npm. The same packages are
 * installed once for the same sources. The files of an app's packages are links to those: they are not to be written to.
 */
export async function installedApp(
  t: Test,
  { packages, files = {}, manifest = {} }: InstalledAppOptions
): Promise<string> {
  const packed = await packedPackages()
  // Links need the file system of what they link to.
  const folder = temporaryFolder(t, 'app', tmpdir())
  const wanted = packages.map((spec): [name: string, version: string] => {
    const at = spec.indexOf('@', 1)
    const name = at === -1 ? spec : spec.slice(0, at)
    const tarball = packed.get(name)
    return [name, tarball === undefined ? spec.slice(name.length + 1) || 'latest' : `file:${tarball}`]
  })
  const text = JSON.stringify({
    name: 'app',
    version: '1.0.0',
    private: true,
    ...manifest,
    dependencies: Object.fromEntries(wanted),
    // Our packages get each other's packed versions too, not those of a registry.
    overrides: Object.fromEntries([...packed].map(([name, tarball]) => [name, `file:${tarball}`]))
  })
  const installed = await installedOnce(text)
  run('cp', ['-al', join(installed, 'node_modules'), folder])
  writeFiles(folder, { 'package.json': text, ...files })
  return folder
}

const installArgs = ['--no-progress', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock']

const installedOnce = async (manifest: string): Promise<string> =>
  prepared(`app-${createHash('sha256').update(manifest).digest('hex').slice(0, 16)}`, (folder) => {
    writeFiles(folder, { 'package.json': manifest })
    run('npm', ['install', ...installArgs], { cwd: folder })
  })

/** Writes files by their path below `folder`, with the folders that they need. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}
