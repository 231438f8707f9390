// The program that lists the log lines for the pages, on sources that a test writes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root, temporaryFolder } from '@seaworthy/testing'
import t, { type Test } from 'tap'

interface LogLine {
  text: string
  level: string
}
const program = pathToFileURL(join(root, '.ci/docs-sources.mjs')).href
const { logLines } = (await import(program)) as { logLines(folders: string[]): LogLine[] }

/** The lines of one source. */
function linesOf(t: Test, text: string): [text: string, level: string][] {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'src'), { recursive: true })
  writeFileSync(join(folder, 'src/a.ts'), text)
  return logLines([folder]).map((line) => [line.text, line.level])
}

t.test('variables of one name have the level of the call that gets each', async (t) => {
  const source = `
    export function first(log: Log) {
      const line = 'auth: the first has happened'
      log.warn(line)
    }
    export function second(log: Log) {
      const line = wrap('auth: the second has happened')
      log.error(line)
    }
    export function third() {
      const line = 'auth: the third is wrong'
      throw new Error(line)
    }`
  t.strictSame(linesOf(t, source), [
    ['auth: the first has happened', 'warn'],
    ['auth: the second has happened', 'error']
  ])
})

t.test('variables that have each other in their texts are read to an end', async (t) => {
  const source = `
    export function first(log: Log) {
      const text = 'auth: one of them'
      const line = [text]
      return line
    }
    export function second(log: Log) {
      const line = ['auth: the other of them']
      const text = [line]
      return text
    }
    export const outer = (line: string) => {
      for (;;) {
        const line = format(line, 'auth: shadows itself')
      }
    }`
  t.strictSame(
    linesOf(t, source).map(([, level]) => level),
    ['unknown', 'unknown', 'unknown']
  )
})

t.test('a variable of the file is not one of the same name inside a function', async (t) => {
  const source = `
    export function inner(log: Log) {
      const line = 'auth: the inner one'
      log.info(line)
    }
    const line = 'auth: the outer one'
    export const outer = (log: Log) => log.fatal(line)`
  t.strictSame(linesOf(t, source), [
    ['auth: the inner one', 'info'],
    ['auth: the outer one', 'fatal']
  ])
})
