import { execFile } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { withoutByteOrderMark } from '@seaworthy/internal'

/** The file that holds the matrix of a commit. */
export const defaultFile = 'access-matrix.json'

/** Bytes of a matrix in git. */
const maxBuffer = 64 * 1024 * 1024

/** Whether a path is a file. A branch may have the name of a folder. */
export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

const git = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)('git', args, { maxBuffer, encoding: 'utf8' })).stdout

/**
 * Reads the matrix to compare with: a file, a commit (`origin/main`) that has {@link defaultFile} in this folder, or a
 * commit with the path of another file in its tree (`origin/main:docs/access.json`).
 */
export async function readBaseline(base: string): Promise<{ source: string; value: unknown }> {
  if (isFile(base))
    return { source: base, value: parse(withoutByteOrderMark(readFileSync(base, 'utf8')), base) }
  const colon = base.indexOf(':')
  const [ref, path] = colon > 0 ? [base.slice(0, colon), base.slice(colon + 1)] : [base, `./${defaultFile}`]
  const commit = await commitOf(ref)
  if (commit === undefined)
    throw new Error(
      `${base} is no file and no commit of this clone; fetch it, or write the file with --update`
    )
  const name = path.replace(/^\.\//, '')
  const text = await git('show', `${commit}:${path}`).catch(() => undefined)
  if (text === undefined) throw new Error(`${ref} has no ${name}; write it with --update and commit it`)
  const source = `${ref}:${name}`
  return { source, value: parse(text, source) }
}

/** The hash of a commit. `undefined` if there is none, or no git. */
async function commitOf(ref: string): Promise<string | undefined> {
  try {
    // A hash cannot be read as an option of git.
    return (await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`)).trim()
  } catch {
    return undefined
  }
}

function parse(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${source} is no access matrix; write one with --update`, { cause })
  }
}

/** Writes the rows so that a change of one route is a change of few lines. */
export function writeBaseline(file: string, rows: readonly unknown[]): void {
  writeFileSync(file, `${JSON.stringify(rows, null, 2)}\n`)
}
