// Plain Node >= 20. Installs the locked workspace with a pinned pnpm unless it is already in place.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const PNPM = 'pnpm@12.21.0'
const stampFile = 'node_modules/.bootstrap'
const hash = createHash('sha256').update(PNPM)
for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(file))
const stamp = hash.digest('hex')
// npm has no package of this Node for macOS: there the machine's own runs everything.
const node = { linux: 'node_modules/.bin/node', win32: 'node_modules/.bin/node.cmd' }[process.platform]
const inPlace =
  existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp && (!node || existsSync(node))

if (!inPlace) {
  const args = ['-y', '--prefer-offline', PNPM, 'install', '--frozen-lockfile', '--reporter=append-only']
  const result = spawnSync('npx', args, { stdio: 'inherit', shell: process.platform === 'win32' })
  if (result.status !== 0) process.exit(result.status ?? 1)
  writeFileSync(stampFile, stamp)
}

// The operators' page is bundled, and its sources are not part of any program that runs in Node.
const page = spawnSync(process.execPath, [`${import.meta.dirname}/console.mjs`], { stdio: 'inherit' })
if (page.status !== 0) process.exit(page.status ?? 1)
