// A folder in memory for the files that tests write: packages that are installed, layers of images, databases. There they
// take half of the CPU and none of the disk's time.
import { mkdirSync, readFileSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const memory = '/dev/shm'
// Short: podman takes no path for its state of more than 50 characters.
const prefix = 'seaworthy-'

/** The least that must be free, in bytes: the images of an app with each package manager take less than half of it. */
const enough = 8 * 2 ** 30

function isUsable() {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  const [, , type, options = ''] =
    mounts.map((line) => line.split(' ')).findLast(([, at]) => at === memory) ?? []
  if (type !== 'tmpfs' || options.split(',').includes('noexec')) return false
  const { bavail, bsize } = statfsSync(memory)
  return Math.min(bavail * bsize, process.availableMemory()) > enough
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Removes a folder. One that another user has made, or that is mounted still, stays. */
function remove(folder) {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  } catch (error) {
    console.error(`${folder} was not removed: ${error.message}`)
  }
}

/**
 * Makes the folder of this process, which goes with it, and removes those of runs that were killed. Undefined where the
 * system has no such folder, too little memory, or TMPDIR, which names another folder.
 */
export function memoryFolder() {
  if (process.platform !== 'linux' || process.env.TMPDIR !== undefined || !isUsable()) return undefined
  for (const name of readdirSync(memory).filter((name) => /^seaworthy-\d+$/.test(name))) {
    if (!isAlive(Number(name.slice(prefix.length)))) remove(join(memory, name))
  }
  const folder = join(memory, `${prefix}${process.pid}`)
  // Servers of other users, PostgreSQL's for one, have folders in it.
  mkdirSync(folder, { mode: 0o755 })
  process.once('exit', () => remove(folder))
  return folder
}
