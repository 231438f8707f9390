import { parseArgs } from 'node:util'
import { defaultFile, isFile, readBaseline, writeBaseline } from '../access-matrix/baseline.ts'
import { compareMatrices, isFailure, type Change } from '../access-matrix/compare.ts'
import { readRows } from '../access-matrix/rows.ts'
import { oneFile, print, type Command } from './command.ts'
import { startApp } from './start-app.ts'

/** Shows the access rule of each route, and what has changed about them. */
export const matrix: Command = {
  summary: 'Prints who may use which route, and what has changed',
  usage: `usage: fastify-seaworthy matrix FILE [--diff BASE] [--update] [--json]

Loads the app, makes it ready without listening, and prints a line for each route: who may use it, and by which rule.
FILE exports the app, a promise of it, a function that makes it, or a plugin for fastify-cli; or it starts the app.

  --diff BASE   Prints the routes that have changed since BASE, and exits with 1 if one is newly open or weaker. BASE is a
                file that --update has written, a commit (origin/main) that has ${defaultFile} in this folder, or
                COMMIT:PATH
  --update      Writes the matrix to BASE if it is a file, else to ${defaultFile}, and exits with 0
  --json        Prints data`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        update: { type: 'boolean', default: false },
        diff: { type: 'string' }
      }
    })
    const file = oneFile(positionals)
    const { json, update, diff } = values
    const { app, failure } = await startApp(file)
    if (!app?.matrix) {
      const reason = failure?.message ?? 'auth is not registered, so its routes have no access rules'
      process.stderr.write(`matrix: ${file}: ${reason.replaceAll(/\s*\n\s*/g, ' ')}\n`)
      return 1
    }
    const { rows, text } = app.matrix
    if (diff === undefined && !update) return print(json ? JSON.stringify(rows, null, 2) : text)

    const target = diff !== undefined && (isFile(diff) || diff.endsWith('.json')) ? diff : defaultFile
    const base = diff ?? target
    const { source, changes } = await changesSince(base, rows).catch((error: unknown) => {
      // Without a file, or with a damaged one, the update has nothing to compare with.
      if (update && base === target) return { source: base, changes: [] }
      throw error
    })
    if (update) writeBaseline(target, rows)

    const failed = !update && changes.some(isFailure)
    if (json) print(JSON.stringify({ base: source, failed, changes }, null, 2))
    else print(describe(changes, source, update ? target : undefined, `${file} --diff ${base}`))
    return failed ? 1 : 0
  }
}

async function changesSince(
  base: string,
  rows: readonly unknown[]
): Promise<{ source: string; changes: readonly Change[] }> {
  const { source, value } = await readBaseline(base)
  return {
    source,
    changes: compareMatrices(readRows(value, source), readRows(rows, 'the matrix of the app'))
  }
}

/** @param written - The file that has been written. */
function describe(
  changes: readonly Change[],
  source: string,
  written: string | undefined,
  args: string
): string {
  const failures = changes.filter(isFailure).length
  const summary =
    failures === 0
      ? `no route is newly open or weaker than in ${source}`
      : `${failures} ${failures === 1 ? 'route is' : 'routes are'} newly open or weaker than in ${source}`
  const lines = changes.map(
    ({ kind, method, url, reasons }) => `  ${kind.padEnd(8)} ${method} ${url}: ${reasons.join('; ')}`
  )
  const end =
    written === undefined
      ? failures === 0
        ? []
        : [`if that is meant, review and commit it: fastify-seaworthy matrix ${args} --update`]
      : [`wrote ${written}`]
  return [summary, ...lines, ...end].join('\n')
}
