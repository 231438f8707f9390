import { patterns } from '../load.cjs'
import type { PatternVerdict, ReDoS } from '../patterns/find-redos.ts'

/** Analyses patterns, each of them once however many schemas have it. */
export class PatternVerdicts {
  readonly #verdicts = new Map<string, PatternVerdict>()

  /**
   * The fault of a pattern for strings of up to `maxLength` characters.
   *
   * @param flags - `undefined`: Ajv's, which are `u`, or none in an app that has turned `unicodeRegExp` off.
   */
  of(source: string, flags: string | undefined, maxLength: number): ReDoS | undefined {
    const key = `${flags ?? 'ajv'} ${source}`
    let verdict = this.#verdicts.get(key)
    if (verdict === undefined) {
      verdict = patterns().analysePattern(source, flags ?? (isUnicode(source) ? 'u' : ''))
      this.#verdicts.set(key, verdict)
    }
    return verdict(maxLength)
  }
}

function isUnicode(source: string): boolean {
  try {
    return new RegExp(source, 'u').unicode
  } catch {
    return false
  }
}
