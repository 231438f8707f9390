import { appArguments, print, type Command } from './command.ts'
import { startApp } from './start-app.ts'

/** Shows the access rule of each route. */
export const matrix: Command = {
  summary: 'Prints who may use which route',
  usage: `usage: fastify-seaworthy matrix FILE [--json]

Loads the app, makes it ready without listening, and prints a line for each route: who may use it, and by which rule.
FILE exports the app, a promise of it, a function that makes it, or a plugin for fastify-cli; or it starts the app.`,
  async run(args) {
    const { file, json } = appArguments(args)
    const { app, failure } = await startApp(file)
    if (app?.matrix) return print(json ? JSON.stringify(app.matrix.rows, null, 2) : app.matrix.text)

    const reason = failure?.message ?? 'auth is not registered, so its routes have no access rules'
    process.stderr.write(`matrix: ${file}: ${reason.replaceAll(/\s*\n\s*/g, ' ')}\n`)
    return 1
  }
}
