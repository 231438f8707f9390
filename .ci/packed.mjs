// The published packages as npm gets them: packed by pnpm, unpacked into a folder that is removed at the end.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packages } from './packages.mjs'

const pnpm = join(import.meta.dirname, '../node_modules/pnpm/bin/pnpm.mjs')
let made
let top

/** A folder for this run alone. */
export function scratch() {
  if (!top) {
    top = mkdtempSync(join(tmpdir(), 'seaworthy-'))
    process.on('exit', () => rmSync(top, { recursive: true, force: true }))
  }
  return mkdtempSync(join(top, 'x'))
}

function must(command, args, options) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    ...options
  })
  if (status === 0) return stdout
  throw new Error(`${[command, ...args].join(' ')} failed\n${error ?? ''}${stdout}${stderr}`)
}

/** Packs what is built now; once in a run. Gives name, folder, tarball, the folder it is unpacked in, its manifest. */
export function packed() {
  if (made) return made
  const destination = scratch()
  const filters = packages.flatMap(({ manifest }) => ['--filter', manifest.name])
  const args = [pnpm, '--recursive', ...filters, 'pack', '--pack-destination', destination, '--json']
  const list = JSON.parse(must(process.execPath, args))
  made = packages.map(({ folder, manifest: { name } }) => {
    const tarball = list.find((one) => one.name === name).filename
    const unpacked = scratch()
    must('tar', ['-xzf', tarball], { cwd: unpacked })
    const root = join(unpacked, 'package')
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    return { name, folder, tarball, root, manifest }
  })
  return made
}
