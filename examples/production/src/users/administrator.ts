import type { FastifyInstance } from 'fastify'
import type { Environment } from '../config.ts'
import type { Users } from './repository.ts'

/** Makes the first administrator, where a password for one is set and no user has the address yet. */
export async function seedAdministrator(app: FastifyInstance, users: Users, env: Environment): Promise<void> {
  const password = env.ADMIN_PASSWORD?.reveal()
  if (password === undefined || (await users.credentials(env.ADMIN_EMAIL))) return

  const passwordHash = await app.auth.hashPassword(password)
  const roles = ['user', 'admin']
  try {
    await users.create({ email: env.ADMIN_EMAIL, name: 'Administrator', passwordHash, roles })
  } catch (error) {
    // Another instance that starts at the same time may have been faster.
    if ((error as { code?: string }).code !== 'EMAIL_TAKEN') throw error
  }
}
