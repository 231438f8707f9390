/** The part of a database that the service uses, in PostgreSQL's dialect: a server, or the embedded one. */
export interface Database {
  /** Runs one statement with `$1` parameters and gives its rows. */
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>
  close(): Promise<void>
  /** Where it is, for the start's words: never a password. */
  readonly description: string
}
