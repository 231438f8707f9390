/** The part of a database that the service uses, in PostgreSQL's dialect: a server, or the embedded one. */
export interface Database {
  /** Runs one statement with parameters (`$1`), and returns its rows. */
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>
  close(): Promise<void>
  /** Where it is, for the log line of the start. It has no password. */
  readonly description: string
}
