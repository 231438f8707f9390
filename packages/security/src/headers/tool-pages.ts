import type { RouteOptions } from 'fastify'
import type { HeadersOptions } from './options.ts'
import { profiles } from './profiles.ts'

interface Tool {
  /** A part of the file whose plugin adds the routes. Fastify names a plugin without a name by its file. */
  file: RegExp
  /** The routes of the plugin that are part of the page. */
  url: RegExp
  headers: HeadersOptions
}

/** The headers of a page. `sources`: those that it needs beside those of the same origin. */
function withSources(sources: Record<string, string[]>): HeadersOptions {
  const { contentSecurityPolicy } = profiles.html.helmet
  const directives = { ...(contentSecurityPolicy as { directives: Record<string, string[]> }).directives }
  for (const [name, list] of Object.entries(sources)) {
    directives[name] = [...(directives[name] ?? []), ...list]
  }
  return { profile: 'html', contentSecurityPolicy: { useDefaults: false, directives } }
}

const tools: readonly Tool[] = [
  {
    file: /[\\/]@fastify[\\/]swagger-ui[\\/]/,
    url: /./,
    headers: withSources({ 'style-src': ["'unsafe-inline'"], 'img-src': ['https:'] })
  },
  {
    // GraphiQL of mercurius, and its service worker.
    file: /[\\/]mercurius[\\/]/,
    url: /\/graphiql(?:\/|$)/,
    headers: withSources({
      'script-src': ['https://unpkg.com'],
      'style-src': ["'unsafe-inline'", 'https://unpkg.com'],
      'connect-src': ['https://unpkg.com'],
      'worker-src': ["'self'", 'blob:'],
      'font-src': ['data:', 'https://unpkg.com']
    })
  }
]

/** The headers of the pages of documentation tools, which the app does not write. `undefined` for other routes. */
export const toolPageHeaders = (pluginName: string, { url }: RouteOptions): HeadersOptions | undefined =>
  tools.find((tool) => tool.file.test(pluginName) && tool.url.test(url))?.headers
