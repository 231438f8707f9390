import type { FastifyInstance } from 'fastify'
import type { Seaworthy } from '../parts/report.ts'
import type { AppDescription } from './app-messages.ts'

/** Describes an app that is ready. */
export function describe(app: FastifyInstance): AppDescription {
  const { seaworthy, auth } = app as {
    seaworthy?: Partial<Seaworthy>
    auth?: { matrix?(): unknown[]; printMatrix?(): string }
  }
  return {
    fastify: app.version,
    ...(seaworthy?.report ? { report: seaworthy.report() } : {}),
    ...(auth?.matrix && auth.printMatrix ? { matrix: { rows: auth.matrix(), text: auth.printMatrix() } } : {})
  }
}
