import { ServiceUnavailableError } from 'fastify-seaworthy/errors'
import Fastify, { type FastifyInstance } from 'fastify'
import { seaworthy, serverOptions, type AuthOptions } from 'fastify-seaworthy'
import type { Config } from './config.ts'
import { directoryRoutes } from './directory/routes.ts'
import { openDatabase } from './database/open.ts'
import { companyLogin } from './login/company-login.ts'
import { loginRoutes, sessionRoutes } from './login/routes.ts'
import { recommendationRoutes } from './recommendations/routes.ts'
import { startStandIns } from './stand-ins.ts'
import { seedAdministrator } from './users/administrator.ts'
import { createUsers } from './users/repository.ts'
import { userRoutes } from './users/routes.ts'

/** The service: the preset, what it opens and closes, and its routes. */
export async function buildApp(config: Config): Promise<FastifyInstance> {
  const { env } = config
  const app = Fastify(serverOptions(config))
  const database = await openDatabase(env, (error) =>
    app.log.warn({ err: error }, 'a database connection broke')
  )
  const users = createUsers(database)

  await app.register(seaworthy, {
    ...config,
    // A database that is away is no bug of this service: 503 with Retry-After, not 500.
    errors: { map: [{ match: isConnectionError, to: (cause) => unavailable(cause as Error) }] },
    auth: { ...partOf(config.auth), ...companyLogin(env, users) }
  })
  app.health.addCheck('database', async () => database.query('SELECT 1'))
  app.shutdown.onShutdown('database', async () => database.close())

  const standIns = env.RECOMMENDATIONS_URL && env.DIRECTORY_URL ? undefined : await startStandIns()
  if (standIns) app.shutdown.onShutdown('stand-ins', async () => standIns.close())

  await seedAdministrator(app, users, env)
  userRoutes(app, users)
  loginRoutes(app, users)
  if (env.SESSION_SECRET) sessionRoutes(app, users)
  recommendationRoutes(app, env.RECOMMENDATIONS_URL ?? standIns!.url)
  directoryRoutes(app, env.DIRECTORY_URL ?? standIns!.url)

  app.log.info({ database: database.description }, 'the database is open')
  return app
}

const partOf = (options: boolean | AuthOptions | undefined): AuthOptions =>
  typeof options === 'object' ? options : {}

const connectionErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  '57P01',
  '57P03',
  '08006'
])

const isConnectionError = (error: unknown): boolean => {
  const { code, message = '' } = error as { code?: string; message?: string }
  return (
    (code !== undefined && connectionErrors.has(code)) ||
    /Connection terminated|timeout exceeded when/.test(message)
  )
}

const unavailable = (cause: Error): ServiceUnavailableError =>
  new ServiceUnavailableError('The service is busy, please try again', {
    cause,
    headers: { 'retry-after': '2' }
  })
