import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The runner of all tests has a folder in memory. */
const usual = process.env.TEST_FOLDER ?? tmpdir()

/** A folder that is removed with the test. It is in `parent`, by default in memory where there is enough. */
export function temporaryFolder(
  t: { teardown(fn: () => unknown): void },
  name = 'seaworthy',
  parent: string = usual
): string {
  const folder = mkdtempSync(join(parent, `${name}-`))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}
