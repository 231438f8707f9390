import { createHash } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.ts'

/**
 * Runs `work` in one process of this machine at a time, for test files that run side by side and prepare the same thing.
 * The lock is a file with the id of its process: a process that was killed doesn't hold it.
 */
export async function exclusively<T>(name: string, work: () => Promise<T> | T): Promise<T> {
  const lock = join(
    tmpdir(),
    `seaworthy-${createHash('sha256').update(name).digest('hex').slice(0, 16)}.lock`
  )
  const claim = `${lock}.${process.pid}`
  writeFileSync(claim, `${process.pid}`)
  try {
    await until(`the lock of ${name}`, () => takeLock(claim, lock), 600_000)
    try {
      return await work()
    } finally {
      rmSync(lock, { force: true })
    }
  } finally {
    rmSync(claim, { force: true })
  }
}

/** A link, unlike a new file, is there with its content or not at all. */
function takeLock(claim: string, lock: string): boolean {
  try {
    linkSync(claim, lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (!isHolderAlive(lock)) rmSync(lock, { force: true })
    return false
  }
}

function isHolderAlive(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
