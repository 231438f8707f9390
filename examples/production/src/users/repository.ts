import { ConflictError } from 'fastify-seaworthy/errors'
import type { Database } from '../database/database.ts'

/** A user as the rest of the service sees one: the password's hash stays in this file. */
export interface User {
  id: string
  email: string
  name: string
  roles: string[]
}

export interface Credentials extends User {
  passwordHash: string | null
}

export interface Users {
  create(user: { email: string; name: string; passwordHash?: string; roles?: string[] }): Promise<User>
  find(id: string): Promise<User | undefined>
  /** With the password's hash, for logging in. */
  credentials(email: string): Promise<Credentials | undefined>
  remove(id: string): Promise<boolean>
  /** The user behind an identity provider's subject; made, or linked by verified address, on first sight. */
  forIdentity(identity: { issuer: string; subject: string; email: string; name: string }): Promise<User>
}

const columns = 'id, email, name, roles'
const uniqueViolation = '23505'

export function createUsers(database: Database): Users {
  const users: Users = {
    async create({ email, name, passwordHash, roles = ['user'] }) {
      const insert = `INSERT INTO users (email, name, password_hash, roles) VALUES (lower($1), $2, $3, $4) RETURNING ${columns}`
      try {
        const [user] = await database.query<User>(insert, [email, name, passwordHash ?? null, roles])
        return user!
      } catch (error) {
        if ((error as { code?: string }).code !== uniqueViolation) throw error
        throw new ConflictError('This email address is registered already', {
          code: 'EMAIL_TAKEN',
          cause: error
        })
      }
    },

    async find(id) {
      const [user] = await database.query<User>(`SELECT ${columns} FROM users WHERE id = $1`, [id])
      return user
    },

    async credentials(email) {
      const select = `SELECT ${columns}, password_hash AS "passwordHash" FROM users WHERE email = lower($1)`
      const [user] = await database.query<Credentials>(select, [email])
      return user
    },

    async remove(id) {
      return (await database.query('DELETE FROM users WHERE id = $1 RETURNING id', [id])).length > 0
    },

    async forIdentity({ issuer, subject, email, name }) {
      const select = `SELECT u.id, u.email, u.name, u.roles FROM identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = $1 AND i.subject = $2`
      const [existingUser] = await database.query<User>(select, [issuer, subject])
      if (existingUser) return existingUser

      const user = (await users.credentials(email)) ?? (await users.create({ email, name }))
      const insert =
        'INSERT INTO identities (issuer, subject, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING'
      await database.query(insert, [issuer, subject, user.id])
      return { id: user.id, email: user.email, name: user.name, roles: user.roles }
    }
  }
  return users
}
