import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** The folder has files that the new ones could replace, or is itself a file. */
export class FolderNotEmptyError extends Error {
  override readonly name = 'FolderNotEmptyError'
}

/** The folder cannot be created. */
export class FolderNotCreatedError extends Error {
  override readonly name = 'FolderNotCreatedError'
}

/**
 * Creates a folder and its parents, one after the other: with `recursive`, Node tries for ever where the system refuses a
 * folder as not found, as in `/proc`.
 *
 * @throws FolderNotCreatedError when the system refuses one of them.
 */
export function createFolder(folder: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) createFolder(parent)
  try {
    mkdirSync(folder)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new FolderNotCreatedError(`${folder} cannot be created (${code ?? message}): choose another folder`)
  }
}

/** @throws FolderNotEmptyError when the folder exists and holds more than an empty repository. */
export function assertEmpty(folder: string): void {
  const names = list(folder).filter((name) => name !== '.git')
  if (names.length === 0) return
  const shown = names.slice(0, 3).join(', ')
  throw new FolderNotEmptyError(
    `${folder} is not empty (${shown}${names.length > 3 ? ', …' : ''}): choose another folder`
  )
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') throw new FolderNotEmptyError(`${folder} is a file: choose another folder`)
    throw error
  }
}
