import type { FastifyInstance } from 'fastify'
import { decorators } from '../parts/decide.ts'
import { partNames } from '../parts/options.ts'
import type { PartReport } from '../parts/report.ts'

type Decorate = (this: FastifyInstance, name: string | symbol, ...rest: unknown[]) => unknown

/** An app that decorates with a name which a part has brought gets an error that names part and switch. */
export function explainDecoratorConflicts(fastify: FastifyInstance, reports: readonly PartReport[]): void {
  const owner = new Map<string | symbol, string>()
  for (const { part, state } of reports) {
    const name = partNames.find((known) => known === part)
    if (name === undefined || state !== 'on') continue
    for (const brought of decorators[name]) owner.set(brought, name)
  }

  for (const kind of ['decorate', 'decorateRequest', 'decorateReply'] as const) {
    const decorate = fastify[kind] as Decorate
    const explained: Decorate = function (name, ...rest) {
      try {
        return decorate.call(this, name, ...rest)
      } catch (error) {
        const part = owner.get(name)
        if (part === undefined || (error as { code?: string }).code !== 'FST_ERR_DEC_ALREADY_PRESENT')
          throw error
        throw new Error(
          `seaworthy: cannot decorate with "${String(name)}": the part "${part}" brings it. ` +
            `Pass { ${part}: false } to seaworthy, or decorate before it`,
          { cause: error }
        )
      }
    }
    fastify[kind] = explained as never
  }
}
