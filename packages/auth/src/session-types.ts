import type {} from '@fastify/secure-session'

declare module '@fastify/secure-session' {
  /** Whatever the app keeps. An app that declares its own keys here gets them typed. */
  interface SessionData {
    [key: string]: unknown
  }
}
