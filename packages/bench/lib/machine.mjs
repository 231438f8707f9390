// Where and with what it was measured.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'

const peers = join(import.meta.dirname, '..', 'peers')

export function machine() {
  const [{ model }] = cpus()
  return `${cpus().length} cores of ${model}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}`
}

export function versions() {
  const { dependencies } = JSON.parse(readFileSync(join(peers, 'package.json'), 'utf8'))
  const qemu = spawnSync('qemu-x86_64', ['--version'], { encoding: 'utf8' }).stdout ?? ''
  return {
    node: process.version.slice(1),
    qemu: /version (\S+)/.exec(qemu)?.[1] ?? 'unknown',
    ...dependencies
  }
}
