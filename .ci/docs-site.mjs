// Builds docs/ as a site: VitePress for the pages, TypeDoc for the reference of all exports. Both are installed here only.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { libraries } from './packages.mjs'

const root = join(import.meta.dirname, '..')
const site = join(root, 'docs')
const pnpm = join(root, 'node_modules/pnpm/bin/pnpm.mjs')

const node = (args, cwd) => spawnSync(process.execPath, args, { cwd, stdio: 'inherit' }).status ?? 1

/** Installs the site's own tools from its lock file, unless they are in place. */
function install() {
  const stamp = join(site, 'node_modules/.stamp')
  const lock = readFileSync(join(site, 'pnpm-lock.yaml'), 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return 0
  const args = [pnpm, 'install', '--frozen-lockfile', '--prefer-offline', '--reporter', 'append-only']
  const status = node(args, site)
  if (status === 0) writeFileSync(stamp, lock)
  return status
}

/** Draws the pictures in the reader's browser. */
function copyMermaid() {
  copyFileSync(
    join(site, 'node_modules/mermaid/dist/mermaid.min.js'),
    join(site, '.vitepress/dist/mermaid.min.js')
  )
  return 0
}

/** The entries of all packages become one reference, beside the pages. */
function writeReference() {
  const typedoc = join(site, 'node_modules/typedoc/bin/typedoc')
  const options = {
    name: 'Seaworthy',
    entryPoints: libraries.map(({ folder }) => join(root, folder, 'src/index.ts')),
    tsconfig: join(root, 'tsconfig.json'),
    out: join(site, '.vitepress/dist/api'),
    readme: 'none',
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    skipErrorChecking: true,
    disableSources: true,
    githubPages: false,
    hideGenerator: true,
    navigationLinks: { Documents: '../' },
    logLevel: 'Error'
  }
  const file = join(site, 'node_modules/.typedoc.json')
  writeFileSync(file, JSON.stringify(options))
  return node([typedoc, '--options', file], root)
}

/** Gives the exit status. */
export function buildSite() {
  const steps = [
    install,
    () => node([join(site, '.vitepress/check-pictures.mjs')], site),
    () => node([join(site, 'node_modules/vitepress/bin/vitepress.js'), 'build', site], root),
    copyMermaid,
    writeReference
  ]
  for (const step of steps) {
    const status = step()
    if (status !== 0) return status
  }
  console.log(`The site is in ${join(site, '.vitepress/dist')}.`)
  return 0
}
