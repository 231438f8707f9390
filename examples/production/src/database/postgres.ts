import pg from 'pg'
import type { Database } from './database.ts'

export interface PostgresOptions {
  host: string
  port: number
  database: string
  user: string
  password?: string | undefined
  /** The least and the greatest number of connections. */
  min: number
  max: number
}

/** A PostgreSQL server. Fails at once when it can't be reached: a service without its data must not start. */
export async function openPostgres(
  options: PostgresOptions,
  onError: (error: Error) => void
): Promise<Database> {
  const { host, port, database } = options
  const pool = new pg.Pool({ ...options, connectionTimeoutMillis: 3000, statement_timeout: 5000 })
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on('error', onError)
  try {
    await pool.query('SELECT 1')
  } catch (cause) {
    await pool.end()
    const why = (cause as Error).message || (cause as { code?: string }).code
    const message = `PostgreSQL at ${host}:${port} can't be reached (${why}). Start it, or correct DB_HOST and DB_PORT; without DB_HOST the embedded one is used`
    throw Object.assign(new Error(message, { cause }), { code: 'ERR_DATABASE_UNREACHABLE' })
  }
  return {
    description: `PostgreSQL at ${host}:${port}/${database}`,
    query: async <Row>(sql: string, parameters?: unknown[]) =>
      (await pool.query(sql, parameters)).rows as Row[],
    close: () => pool.end()
  }
}
