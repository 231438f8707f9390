/** `backed off`: the app had registered something of its own that does the same. */
export type PartState = 'on' | 'off' | 'backed off'

/** What became of one part, and why. */
export interface PartReport {
  /** `health`, or a part of a part: `security.cors`. */
  part: string
  state: PartState
  /** In words: `default`, `options given`, `switched off`, `"@fastify/cors" was registered before`. */
  reason: string
}

/** What `app.seaworthy.report()` gives. Holds no option's value, so no secret. */
export interface Report {
  parts: PartReport[]
  /** What the constructor lacks, each with what is lost by it. Empty when it got `serverOptions()`. */
  missing: string[]
}

/** One line for the log: what is on, off and backed off. */
export function summarize({ parts, missing }: Report): string {
  const named = (state: PartState) => parts.filter((entry) => entry.state === state)
  const backedOff = named('backed off').map(({ part, reason }) => `${part} (${reason})`)
  const lists: [string, string[]][] = [
    ['on', named('on').map(({ part }) => part)],
    ['off', named('off').map(({ part }) => part)],
    ['backed off', backedOff],
    ['constructor lacks', missing]
  ]
  const shown = lists.filter(([, entries]) => entries.length > 0)
  return `seaworthy: ${shown.map(([title, entries]) => `${title}: ${entries.join(', ')}`).join('; ')}`
}
