import { switchOffParts } from '../environment/switch-off-parts.ts'
import type { SeaworthyOptions } from '../parts/options.ts'

/** The changes of `doctor` to the options of an app that it tries, so that it finds all conflicts in one run. */
export interface Trial {
  /** Parts to switch off, because a conflict with them is found already: `security.headers`. */
  off: readonly string[]
  adopt: boolean
}

/** The app may load another copy of this package than the command. */
const key = Symbol.for('seaworthy.trial.v1')

/** Sets the trial of this process. */
export function setTrial(trial: Trial): void {
  Reflect.set(globalThis, key, trial)
}

/** Applies the trial of this process, if there is one. */
export function withTrial(options: SeaworthyOptions): SeaworthyOptions {
  const trial = Reflect.get(globalThis, key) as Trial | undefined
  if (trial === undefined) return options
  return { ...switchOffParts(options, trial.off), ...(trial.adopt ? { adopt: true } : {}) }
}
