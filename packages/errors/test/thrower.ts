import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import type { ErrorsOptions } from '../src/index.ts'
import { build, secret } from './helpers.ts'

/** An error of the app's own class. */
export class DomainError extends Error {
  readonly statusCode: number
  readonly code: string | undefined
  constructor(statusCode: number, code?: string) {
    super(secret)
    this.statusCode = statusCode
    this.code = code
  }
}

/** An app that throws any value, in every way that Fastify has. */
export async function thrower(t: Test, options: ErrorsOptions = {}, server: FastifyServerOptions = {}) {
  let thrown: unknown
  const built = await build(
    t,
    options,
    (app: FastifyInstance) => {
      app.get('/handler', async () => {
        throw thrown
      })
      app.get('/sync', () => {
        throw thrown
      })
      app.get('/hook', { preHandler: async () => Promise.reject(thrown as Error) }, async () => 'never')
    },
    server
  )
  const responseTo = async (value: unknown, url = '/handler', headers: Record<string, string> = {}) => {
    thrown = value
    return built.app.inject({ url, headers })
  }
  const warnings = () => built.lines.filter(({ level, msg }) => level === 40 && msg.includes('"map"'))
  return { ...built, responseTo, warnings }
}
