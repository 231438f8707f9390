/** One problem that must be fixed. */
export interface Finding {
  /** The kind of the problem: `unguarded-routes`. */
  check: string
  problem: string
  /** The code to write, the variable to set or the command to run. */
  line: string
}
