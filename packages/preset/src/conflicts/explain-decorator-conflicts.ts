import type { FastifyInstance } from 'fastify'
import { partNames } from '../parts/options.ts'
import { partDecorators } from '../parts/part-plugins.ts'
import type { PartReport } from '../parts/report.ts'

type Decorate = (this: FastifyInstance, name: string | symbol, ...rest: unknown[]) => unknown

/** Makes the error readable when the app adds a decorator that a part has added: it names the part and its switch. */
export function explainDecoratorConflicts(fastify: FastifyInstance, reports: readonly PartReport[]): void {
  const owners = new Map<string | symbol, string>()
  for (const { part, state } of reports) {
    const name = partNames.find((candidate) => candidate === part)
    if (name === undefined || state !== 'on') continue
    for (const decorator of partDecorators[name]) owners.set(decorator, name)
  }

  for (const method of ['decorate', 'decorateRequest', 'decorateReply'] as const) {
    const decorate = fastify[method] as Decorate
    const explained: Decorate = function (name, ...rest) {
      try {
        return decorate.call(this, name, ...rest)
      } catch (error) {
        const part = owners.get(name)
        if (part === undefined || (error as { code?: string }).code !== 'FST_ERR_DEC_ALREADY_PRESENT')
          throw error
        throw new Error(
          `seaworthy: cannot decorate with "${String(name)}": the part "${part}" adds it. ` +
            `Pass { ${part}: false } to seaworthy, or use another name`,
          { cause: error }
        )
      }
    }
    fastify[method] = explained as never
  }
}
