import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { SeaworthyOptions } from '../../src/index.ts'

/** One request of an app's clients, and the response that they rely on. */
export interface ZooRequest {
  /** The path, or a path for each run. */
  url: string
  method?: string
  headers?: Readonly<Record<string, string>>
  body?: string
  /** The status that the app sends today. */
  status: number
  /** Text that the body has today. */
  has?: RegExp
}

/** The address of an app that listens. */
export interface Running {
  app: FastifyInstance
  url: string
}

/** A small app as people write them, and what its clients do. */
export interface ZooApp {
  /** Words for the table: `HTML pages, static files and forms`. */
  name: string
  /** The app's own options of Fastify's constructor. */
  server?: FastifyServerOptions & { http2?: boolean }
  /** The app's own copy of Fastify, where it is not the one that the plugins find. */
  make?(options: object): FastifyInstance
  /** Registers the plugins and routes of the app. */
  build(app: FastifyInstance): unknown
  requests: readonly ZooRequest[]
  /** The errors that stop the start of a variant, and the options that they name. */
  stops?: Readonly<Record<string, { says: RegExp; write: SeaworthyOptions }>>
  /** Checks that `fetch` cannot make: WebSockets, streams that stay open. */
  extra?(running: Running): Promise<void>
}

/** A request with a JSON body. */
export const postJson = (url: string, body: unknown, status: number, has?: RegExp): ZooRequest => ({
  url,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
  status,
  ...(has === undefined ? {} : { has })
})

/** A request with the fields of a form. */
export const postForm = (
  url: string,
  fields: Record<string, string>,
  status: number,
  has?: RegExp
): ZooRequest => ({
  url,
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
  status,
  ...(has === undefined ? {} : { has })
})
