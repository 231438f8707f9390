/** What the service needs of a database: PostgreSQL's own dialect, whoever speaks it. */
export interface Database {
  /** Runs one statement with `$1` parameters and gives its rows. */
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>
  close(): Promise<void>
  /** Where it is, for the start's words: never a password. */
  readonly description: string
}
