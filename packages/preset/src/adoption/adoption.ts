import type { FastifyInstance } from 'fastify'
import type { PartName, PartOptions, SeaworthyOptions } from '../parts/options.ts'
import type { PartReport } from '../parts/report.ts'

/** The option by which each part that can reject a request only observes. */
const observing = {
  errors: { mode: 'observe' },
  security: { mode: 'observe' },
  auth: { mode: 'report' }
} as const satisfies Partial<Record<PartName, object>>

/** Whether the app is being converted: by the option, else by `SEAWORTHY_ADOPT`. */
const isAdopting = ({ adopt }: SeaworthyOptions): boolean =>
  adopt ?? /^\s*(?:1|true|yes|on)\s*$/i.test(process.env.SEAWORTHY_ADOPT ?? '')

/** In adoption mode, the options with which the parts only observe. A mode that the options have is kept. */
export function withAdoption(options: SeaworthyOptions): SeaworthyOptions {
  if (!isAdopting(options)) return options
  const result: Record<string, unknown> = { ...options, adopt: true }
  for (const [part, mode] of Object.entries(observing)) {
    const partOption: PartOptions<object> | undefined = options[part as keyof typeof observing]
    if (partOption !== false)
      result[part] = { ...mode, ...(typeof partOption === 'object' ? partOption : {}) }
  }
  return result
}

/** Logs at start that the parts only observe. */
export function reportAdoption({ log }: FastifyInstance, reports: readonly PartReport[]): void {
  const parts = reports.filter(({ part, state }) => state === 'on' && part in observing)
  for (const report of parts) report.reason = 'adopt: it only observes'
  if (parts.length === 0) return
  log.warn(
    `seaworthy: the app is being adopted: ${parts.map(({ part }) => part).join(', ')} only observe what they would ` +
      'reject or change, and log each kind with the line to write; when the log is quiet, remove "adopt" or SEAWORTHY_ADOPT'
  )
}
