import { writeSync } from 'node:fs'

/** For what the log cannot say itself. */
export function toStandardError(text: string): void {
  try {
    writeSync(2, `${text}\n`)
  } catch {
    // It is closed, or on the same disk.
  }
}
