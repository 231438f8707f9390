/**
 * The options of Fastify's `register`, which Fastify passes to the plugin with the plugin's own ones; and the switch
 * that fastify-cli's test helper adds, which @fastify/autoload passes on to every plugin file.
 */
const names: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers', 'skipOverride'])

/** A plugin's options without those of Fastify's `register` and of its loaders. */
export const withoutRegisterOptions = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !names.has(name))) as T
