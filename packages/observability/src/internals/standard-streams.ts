import { writeSync } from 'node:fs'

/** For what the log cannot say itself. */
export const toStandardError = (text: string): void => writeTo(2, `${text}\n`)

/** For lines of the log that reach no other output. */
export const toStandardOutput = (lines: string): void => writeTo(1, lines)

function writeTo(fd: number, text: string): void {
  try {
    writeSync(fd, text)
  } catch {
    // It is closed, or on the same disk.
  }
}
