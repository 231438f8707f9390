import { readdirSync } from 'node:fs'

/** The folder has files that the new ones could replace, or is itself a file. */
export class FolderNotEmptyError extends Error {
  override readonly name = 'FolderNotEmptyError'
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
