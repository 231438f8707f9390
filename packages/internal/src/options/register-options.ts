/** What Fastify's `register` takes beside a plugin's own options, and hands to the plugin along with them. */
const names: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers'])

/** A plugin's options without those of Fastify's `register`. */
export const withoutRegisterOptions = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !names.has(name))) as T
