import { createHash } from 'node:crypto'
import {
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exclusively } from './exclusively.ts'

const root = join(import.meta.dirname, '../../..')
const prefix = 'seaworthy-prepared-'
const day = 86_400_000

/** The files that decide what a release has in it: the sources, the shipped documents and templates, the build. */
function contentHash(): string {
  const hash = createHash('sha256')
  const inputs = [
    'packages/*/src/**/*',
    'packages/*/*.*',
    'packages/*/LICENSE',
    'examples/production/**/*',
    'examples/production/**/.*',
    '.changeset/*',
    '.ci/{build,chunks,cjs-interop,console,declarations,module-url,packages,release,tool}.mjs',
    '.ci/*.{json,ts}',
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
 * A folder that `fill` has filled, once for the same sources, whichever test file comes first. It is kept in the temporary
 * folder for a day after its last use, and has its name only once it is complete.
 */
export async function prepared(
  name: string,
  fill: (folder: string) => Promise<void> | void
): Promise<string> {
  const folder = join(tmpdir(), `${prefix}${name}-${contentHash()}`)
  if (!existsSync(folder)) {
    await exclusively(folder, async () => {
      if (existsSync(folder)) return
      removeOld()
      const unfinished = mkdtempSync(join(tmpdir(), `${prefix}unfinished-`))
      try {
        await fill(unfinished)
        renameSync(unfinished, folder)
      } finally {
        rmSync(unfinished, { recursive: true, force: true })
      }
    })
  }
  utimesSync(folder, new Date(), new Date())
  return folder
}

function removeOld(): void {
  for (const name of readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))) {
    const old = join(tmpdir(), name)
    if (Date.now() - statSync(old).mtimeMs > day) rmSync(old, { recursive: true, force: true })
  }
}
