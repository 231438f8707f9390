import { PGlite } from '@electric-sql/pglite'
import type { Database } from './database.ts'

/** PostgreSQL inside this process, in memory: for a first look and for tests. Its data ends with the process. */
export async function openEmbedded(): Promise<Database> {
  const database = await PGlite.create()
  return {
    description: 'embedded PostgreSQL, in memory',
    query: async <Row>(sql: string, parameters?: unknown[]) =>
      (await database.query<Row>(sql, parameters)).rows,
    close: () => database.close()
  }
}
