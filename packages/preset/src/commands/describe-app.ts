import type { FastifyInstance } from 'fastify'
import type { Seaworthy } from '../parts/report.ts'
import { reviewOf } from '../review/review.ts'
import type { AppDescription } from './app-messages.ts'

/** Describes an app that is ready. */
export function describe(app: FastifyInstance): AppDescription {
  const { seaworthy, auth, security, shutdown } = app as {
    seaworthy?: Partial<Seaworthy>
    security?: { boundaries?(): AppDescription['boundaries'] }
    shutdown?: { budget?: number }
    auth?: { matrix?(): unknown[]; printMatrix?(): string }
  }
  const review = reviewOf(app)
  const boundaries = security?.boundaries?.()
  return {
    fastify: app.version,
    ...(review ? { review } : {}),
    ...(boundaries ? { boundaries } : {}),
    ...(typeof shutdown?.budget === 'number' ? { budget: shutdown.budget } : {}),
    ...(seaworthy?.report ? { report: seaworthy.report() } : {}),
    ...(auth?.matrix && auth.printMatrix ? { matrix: { rows: auth.matrix(), text: auth.printMatrix() } } : {})
  }
}
