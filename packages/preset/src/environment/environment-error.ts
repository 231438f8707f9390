/** The environment does not match the schema. `problems` has one sentence for each problem. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
  readonly code = 'ERR_ENVIRONMENT'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    super(`The environment has ${count}:\n  - ${problems.join('\n  - ')}`)
    this.problems = problems
    // Operators need the problems, not the place in our code.
    this.stack = `${this.name}: ${this.message}`
    Object.defineProperty(this, 'problems', { enumerable: false })
  }
}
