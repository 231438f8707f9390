import { partOptions, type ObservabilityPart, type SeaworthyOptions } from './options.ts'
import type { PartReport } from './report.ts'

/** Whether metrics are served on the app's port to every client. */
export function hasPublicMetrics(
  { observability }: SeaworthyOptions,
  reports: readonly PartReport[]
): boolean {
  const isOn = reports.some(({ part, state }) => part === 'observability' && state === 'on')
  const hasOwnState = reports.some(({ part }) => part === 'observability.metrics')
  const { management, metrics } = partOptions<ObservabilityPart>(observability)
  if (!isOn || hasOwnState || Boolean(management) || metrics === false) return false
  const { token, allow } = typeof metrics === 'object' ? metrics : {}
  return token === undefined && allow === undefined
}
