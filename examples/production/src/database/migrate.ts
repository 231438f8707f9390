import type { Database } from './database.ts'

const migrations = [
  `CREATE TABLE IF NOT EXISTS users (
     id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
     email text NOT NULL UNIQUE,
     name text NOT NULL,
     password_hash text,
     roles text[] NOT NULL DEFAULT '{user}',
     created_at timestamptz NOT NULL DEFAULT now()
   )`,
  // The identity of a person at a provider: issuer and subject together, never the address alone.
  `CREATE TABLE IF NOT EXISTS identities (
     issuer text NOT NULL,
     subject text NOT NULL,
     user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
     PRIMARY KEY (issuer, subject)
   )`
]

/** Brings the tables up to date. Every statement may run again, and on several instances at once. */
export async function migrate(database: Database): Promise<void> {
  for (const statement of migrations) await database.query(statement)
}
