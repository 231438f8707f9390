import type { RouteOptions } from 'fastify'
import type { HeadersOptions } from './options.ts'
import { profiles } from './profiles.ts'

interface Tool {
  /** A part of the file whose plugin adds the routes. Fastify names a plugin without a name by its file. */
  file: RegExp
  /** The routes of the plugin that are part of the page. */
  url: RegExp
  /** The sources that the page needs beside those of the same origin. */
  sources: Record<string, string[]>
}

const tools: readonly Tool[] = [
  {
    file: /[\\/]@fastify[\\/]swagger-ui[\\/]/,
    url: /./,
    sources: { 'style-src': ["'unsafe-inline'"], 'img-src': ['https:'] }
  },
  {
    // GraphiQL of mercurius, and its service worker.
    file: /[\\/]mercurius[\\/]/,
    url: /\/graphiql(?:\/|$)/,
    sources: {
      'script-src': ['https://unpkg.com'],
      'style-src': ["'unsafe-inline'", 'https://unpkg.com'],
      'connect-src': ['https://unpkg.com'],
      'worker-src': ["'self'", 'blob:'],
      'font-src': ['data:', 'https://unpkg.com']
    }
  }
]

/** The headers of the pages of documentation tools, which the app does not write. `undefined` for other routes. */
export function toolPageHeaders(pluginName: string, { url }: RouteOptions): HeadersOptions | undefined {
  const tool = tools.find((each) => each.file.test(pluginName) && each.url.test(url))
  if (tool === undefined) return undefined
  const { contentSecurityPolicy } = profiles.html.helmet
  const directives = { ...(contentSecurityPolicy as { directives: Record<string, string[]> }).directives }
  for (const [name, sources] of Object.entries(tool.sources)) {
    directives[name] = [...(directives[name] ?? []), ...sources]
  }
  return { profile: 'html', contentSecurityPolicy: { useDefaults: false, directives } }
}
