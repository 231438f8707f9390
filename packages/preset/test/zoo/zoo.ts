import { betterAuth } from './apps/better-auth.ts'
import { graphql } from './apps/graphql.ts'
import { handWired } from './apps/hand-wired.ts'
import { http2 } from './apps/http2.ts'
import { uploads } from './apps/multipart.ts'
import { monorepo } from './apps/monorepo.ts'
import { nest } from './apps/nest.ts'
import { ownErrors, thrownErrors } from './apps/own-errors.ts'
import { pages } from './apps/pages.ts'
import { autoloaded, plain } from './apps/plain.ts'
import { gateway } from './apps/proxy.ts'
import { sessions } from './apps/sessions.ts'
import { serverRendering } from './apps/ssr.ts'
import { events, sockets } from './apps/streams.ts'
import { swaggerUiApp } from './apps/swagger-ui.ts'
import { trpc } from './apps/trpc.ts'
import { typebox } from './apps/typebox.ts'
import { vite } from './apps/vite.ts'
import { zod } from './apps/zod.ts'
import type { ZooApp } from './zoo-app.ts'

/** Every kind of app. */
export const zoo: readonly ZooApp[] = [
  plain,
  autoloaded,
  typebox,
  zod,
  nest,
  swaggerUiApp,
  pages,
  uploads,
  sockets,
  events,
  graphql,
  trpc,
  gateway,
  sessions,
  betterAuth,
  serverRendering,
  vite,
  handWired,
  thrownErrors,
  ownErrors,
  http2,
  monorepo
]
