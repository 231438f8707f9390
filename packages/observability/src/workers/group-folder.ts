import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Everything below is this user's, in folders named by the parent that started the workers. */
const prefix = `swm-${process.getuid?.() ?? 0}-`

/**
 * The folder that workers of one parent and one script share. Both node:cluster and PM2 start workers from one
 * process, which need not know of any of this.
 *
 * @throws Error where the folder belongs to somebody else.
 */
export function groupFolder(name: string): string {
  removeOrphans()
  const hash = createHash('sha256')
    .update(`${process.cwd()}\n${process.argv[1] ?? ''}\n${name}`)
    .digest('hex')
  const folder = join(tmpdir(), `${prefix}${process.ppid}-${hash.slice(0, 8)}`)
  mkdirSync(folder, { mode: 0o700, recursive: true })
  const { uid } = lstatSync(folder)
  if (process.getuid !== undefined && uid !== process.getuid()) throw new Error(`${folder} is another user's`)
  return folder
}

/** Folders of parents that have ended. */
function removeOrphans(): void {
  for (const entry of readdirSync(tmpdir())) {
    if (!entry.startsWith(prefix)) continue
    const parent = Number(entry.slice(prefix.length).split('-')[0])
    if (!alive(parent)) rmSync(join(tmpdir(), entry), { recursive: true, force: true })
  }
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
