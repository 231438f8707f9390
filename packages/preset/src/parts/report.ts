/**
 * `backed off`: the app had registered a plugin or decorator that does the same.
 *
 * @example
 * const wanted: PartState = 'on'
 * console.log(app.seaworthy.report().parts.every(({ state }) => state === wanted))
 */
export type PartState = 'on' | 'off' | 'backed off'

/**
 * The state of one part, and its reason.
 *
 * @example
 * const off = app.seaworthy.report().parts.filter(({ state }: PartReport) => state !== 'on')
 * console.log(off.map(({ part, reason }) => `${part}: ${reason}`))
 */
export interface PartReport {
  /** `health`, or a part of a part: `security.cors`. */
  part: string
  state: PartState
  /** In words: `default`, `options given`, `switched off`, `"@fastify/cors" was registered before`. */
  reason: string
}

/**
 * The result of `app.seaworthy.report()`. It contains no values of options, so no secrets.
 *
 * @example
 * const { parts, missing }: Report = app.seaworthy.report()
 * console.log(parts.length, missing)
 */
export interface Report {
  parts: PartReport[]
  /** The constructor options that are missing, each with its consequence. Empty with `serverOptions()`. */
  missing: string[]
}

/**
 * The decorator `app.seaworthy`.
 *
 * @example
 * const { missing } = app.seaworthy.report()
 * if (missing.length > 0) throw new Error(`build the app with serverOptions(): ${missing.join(', ')}`)
 */
export interface Seaworthy {
  /** Which parts are on, off and backed off, each with its reason, and which constructor options are missing. */
  report(): Report
}

/** The log line at start: the parts that are on, off and backed off. */
export function summarize({ parts, missing }: Report): string {
  const inState = (state: PartState) => parts.filter((entry) => entry.state === state)
  const backedOff = inState('backed off').map(({ part, reason }) => `${part} (${reason})`)
  const lists: [string, string[]][] = [
    ['on', inState('on').map(({ part }) => part)],
    ['off', inState('off').map(({ part }) => part)],
    ['backed off', backedOff],
    ['constructor lacks', missing]
  ]
  const nonEmpty = lists.filter(([, entries]) => entries.length > 0)
  return `seaworthy: ${nonEmpty.map(([title, entries]) => `${title}: ${entries.join(', ')}`).join('; ')}`
}
