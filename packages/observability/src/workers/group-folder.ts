import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folders of this user, which are named by the parent that started the workers. */
const prefix = `swm-${process.getuid?.() ?? 0}-`

/**
 * The folder that workers of one parent and one script share. Both node:cluster and PM2 start workers from one process,
 * which needs no code of this package.
 *
 * @throws Error where the folder belongs to another user.
 */
export function groupFolder(name: string): string {
  removeOrphans()
  const hash = createHash('sha256')
    .update(`${process.cwd()}\n${process.argv[1] ?? ''}\n${name}`)
    .digest('hex')
  const folder = join(tmpdir(), `${prefix}${process.ppid}-${hash.slice(0, 8)}`)
  mkdirSync(folder, { mode: 0o700, recursive: true })
  const { uid } = lstatSync(folder)
  if (process.getuid !== undefined && uid !== process.getuid())
    throw new Error(`observability: the folder ${folder} belongs to another user`)
  return folder
}

/** Removes the folders of parents that have ended. */
function removeOrphans(): void {
  for (const entry of readdirSync(tmpdir())) {
    if (!entry.startsWith(prefix)) continue
    const parent = Number(entry.slice(prefix.length).split('-')[0])
    if (!isAlive(parent)) rmSync(join(tmpdir(), entry), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
