import { switches } from '../environment/switch-off-parts.ts'
import { partNames } from '../parts/options.ts'
import type { Failure } from './app-messages.ts'
import { startApp, type StartedApp } from './start-app.ts'

/** The result of {@link tryApp}. */
export interface TriedApp extends StartedApp {
  /** The failures before the app became ready, or before the last one. */
  conflicts: Failure[]
}

/** Starts at most: one for each part and its parts. */
const maxStarts = 16

/**
 * Makes an app ready as often as it takes to find all its conflicts: first as it is, then in adoption mode, then without each part that has stopped the start.
 */
export async function tryApp(file: string): Promise<TriedApp> {
  const conflicts: Failure[] = []
  const off: string[] = []
  let started = await startApp(file)
  for (let starts = 1; starts < maxStarts; starts++) {
    const { failure } = started
    if (failure === undefined || failure.problems) break
    // With an unknown cause, or one that stays, there is nothing to leave out.
    const part = partOf(failure.message)
    if (part === undefined || off.includes(part)) break
    // The first one may be of those that are observed from now on; then it is a warning of the log.
    if (starts > 1) {
      conflicts.push(failure)
      off.push(part)
    }
    // oxlint-disable-next-line no-await-in-loop -- each start leaves out what stopped the one before
    const next = await startApp(file, { off, adopt: true })
    // The app may need the part that is left out: then the rest stays unknown.
    const isUnknown = next.failure !== undefined && partOf(next.failure.message) === undefined
    if (isUnknown) return { warnings: started.warnings, conflicts: starts > 1 ? conflicts : [failure] }
    started = next
  }
  return { ...started, conflicts }
}

/** The part that a message is about: `security.headers`, or `errors` of `errors: cannot set a 404 handler`. */
export function partOf(message: string): string | undefined {
  const quoted = /^seaworthy: .*the part "([\w.]+)"/.exec(message)?.[1]
  if (quoted !== undefined) return quoted
  const [, part = '', key = ''] = /^(\w+): (?:"(\w+))?/.exec(message) ?? []
  if (switches.includes(`${part}.${key}`)) return `${part}.${key}`
  return partNames.find((name) => name === part)
}
