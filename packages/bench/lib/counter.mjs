// Instructions and system calls of a process under qemu-user.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

let plugin
let files = 0

/** Compiles the plugin, once a run. */
function compiled() {
  if (plugin !== undefined) return plugin
  plugin = join(folder, 'libcount.so')
  const args = ['-shared', '-fPIC', '-O2', '-o', plugin, join(import.meta.dirname, 'count.c')]
  const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the counting plugin did not compile:\n${stderr}`)
  return plugin
}

/** The prefix of a command that makes it counted, and the way to read the counts. */
export function counted() {
  const path = join(folder, `count-${files++}`)
  const emulator = process.arch === 'arm64' ? 'qemu-aarch64' : 'qemu-x86_64'
  let file
  return {
    command: [emulator, '-cpu', 'max', '-plugin', compiled()],
    env: { COUNT_FILE: path },
    read() {
      file ??= openSync(path, 'r')
      const page = Buffer.alloc(16)
      readSync(file, page, 0, 16, 0)
      return { instructions: Number(page.readBigUInt64LE(0)), calls: Number(page.readBigUInt64LE(8)) }
    },
    close() {
      if (file !== undefined) closeSync(file)
      rmSync(path, { force: true })
    }
  }
}
