import { createHash } from 'node:crypto'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { exclusively } from './exclusively.ts'
import { build, copyWorkspace, packageNames, root, run } from './release.ts'
import { temporaryFolder } from './servers.ts'

const prefix = 'seaworthy-packs-'
const day = 86_400_000

/** The files that decide the tarballs' content: the sources, the shipped documents and templates, the build. */
function contentHash(): string {
  const hash = createHash('sha256')
  const inputs = [
    'packages/*/src/**/*',
    'packages/*/*.*',
    'packages/*/LICENSE',
    'examples/production/**/*',
    'examples/production/**/.*',
    '.ci/*.*',
    'package.json',
    'pnpm-lock.yaml',
    'tsconfig.base.json'
  ]
  const files = inputs.flatMap((pattern) =>
    globSync(pattern, {
      cwd: root,
      exclude: (path) => /(?:^|\/)(?:node_modules|test|dist|\.readme-.*)$/.test(path)
    })
  )
  for (const file of [...new Set(files)].toSorted()) {
    const path = join(root, file)
    if (statSync(path).isFile()) hash.update(`${file}\0`).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 16)
}

/**
 * The tarballs that a release would publish, by the names of their packages. They are built once for the same sources,
 * and are kept in the temporary folder for a day.
 */
export async function packedPackages(t: Test): Promise<ReadonlyMap<string, string>> {
  const folder = join(tmpdir(), prefix + contentHash())
  if (!existsSync(folder)) {
    await exclusively(folder, () => {
      if (!existsSync(folder)) pack(t, folder)
    })
  }
  utimesSync(folder, new Date(), new Date())
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

/** Packs into a folder beside `folder`, which gets that name only once it is complete. */
function pack(t: Test, folder: string): void {
  for (const name of readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))) {
    const old = join(tmpdir(), name)
    if (Date.now() - statSync(old).mtimeMs > day) rmSync(old, { recursive: true, force: true })
  }
  const packs = mkdtempSync(join(tmpdir(), 'seaworthy-packing-'))
  const chosen = packageNames.flatMap((name) => ['--filter', name])
  const pnpm = join(root, 'node_modules/pnpm/bin/pnpm.mjs')
  const copy = copyWorkspace(t)
  build(copy)
  run(process.execPath, [pnpm, '--recursive', ...chosen, 'pack', '--pack-destination', packs], { cwd: copy })
  renameSync(packs, folder)
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

/** A folder with an app in it that has our packages as a user has them: from their tarballs, with npm. */
export async function installedApp(
  t: Test,
  { packages, files = {}, manifest = {} }: InstalledAppOptions
): Promise<string> {
  const packed = await packedPackages(t)
  const folder = temporaryFolder(t, 'app')
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
  writeFiles(folder, { 'package.json': text, ...files })
  run(
    'npm',
    ['install', '--no-progress', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'],
    {
      cwd: folder
    }
  )
  return folder
}

/** Writes files by their path below `folder`, with the folders that they need. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}
