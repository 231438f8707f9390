import type { File } from '../choices.ts'
import type { Language } from './language.ts'

/** `src/database`: the connections to PostgreSQL. */
export const databaseFile = ({ ext, ts }: Language): File => ({
  path: `src/database.${ext}`,
  text: `import pg from 'pg'
${ts("import type { FastifyInstance } from 'fastify'\nimport type { Config } from './config.ts'\n")}
/** Connects to PostgreSQL, makes the tables, and closes the connections when the service stops. */
export async function openDatabase(
  app${ts(': FastifyInstance')},
  env${ts(": Config['env'] & { DB_HOST: string }")},
  tables${ts(': string')}
)${ts(': Promise<pg.Pool>')} {
  const pool = new pg.Pool({
    host: env.DB_HOST,
    port: env.DB_PORT,
    database: env.DB_NAME,
    user: env.DB_USER,
    password: env.DB_PASSWORD?.reveal(),
    max: env.DB_POOL_MAX,
    connectionTimeoutMillis: 3000,
    statement_timeout: 5000
  })
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on('error', (error) => app.log.warn({ err: error }, 'a database connection broke'))
  app.shutdown.onShutdown('database', async () => pool.end())
  app.health.addCheck('database', async () => pool.query('SELECT 1'))
  // One process at a time: two that make the same table at once can fail.
  await pool.query(\`SELECT pg_advisory_xact_lock(7301); \${tables}\`)
  return pool
}
`
})
