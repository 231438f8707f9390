import type { Environment } from '../config.ts'
import type { Database } from './database.ts'
import { migrate } from './migrate.ts'

/** The database that the environment names, or the embedded one, with its tables up to date. */
export async function openDatabase(env: Environment, onError: (error: Error) => void): Promise<Database> {
  const database = env.DB_HOST === undefined ? await embedded() : await postgres(env, env.DB_HOST, onError)
  await migrate(database)
  return database
}

// Loaded when it is the one that is used: the other would only cost time and memory.
async function embedded(): Promise<Database> {
  const { openEmbedded } = await import('./embedded.ts')
  return openEmbedded()
}

async function postgres(env: Environment, host: string, onError: (error: Error) => void): Promise<Database> {
  const { openPostgres } = await import('./postgres.ts')
  return openPostgres(
    {
      host,
      port: env.DB_PORT,
      database: env.DB_NAME,
      user: env.DB_USER,
      password: env.DB_PASSWORD?.reveal(),
      min: env.DB_POOL_MIN,
      max: env.DB_POOL_MAX
    },
    onError
  )
}
