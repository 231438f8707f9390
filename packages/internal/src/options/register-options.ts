/**
 * The options of Fastify's `register`, which Fastify passes to the plugin with the plugin's own ones; and the switch
 * that fastify-cli's test helper adds, which @fastify/autoload passes on to every plugin file.
 */
const registerNames: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers', 'skipOverride'])

/** The options of Fastify's constructor. */
const constructorNames: ReadonlySet<string> = new Set(
  (
    'ajv allowErrorHandlerOverride allowUnsafeRegex bodyLimit caseSensitive childLoggerFactory clientErrorHandler ' +
    'connectionTimeout constraints disableRequestLogging exposeHeadRoutes forceCloseConnections frameworkErrors genReqId ' +
    'handlerTimeout http http2 http2SessionTimeout https ignoreDuplicateSlashes ignoreTrailingSlash jsonShorthand ' +
    'keepAliveTimeout logController logger loggerInstance maxParamLength maxRequestsPerSocket onConstructorPoisoning ' +
    'onProtoPoisoning pluginTimeout querystringParser requestIdHeader requestIdLogLabel requestTimeout return503OnClosing ' +
    'rewriteUrl routerOptions schemaController schemaErrorFormatter serializerOpts serverFactory trustProxy ' +
    'useSemicolonDelimiter versioning'
  ).split(' ')
)

/** Constructor options from which on an object is that of the whole constructor, and no slip. */
const minConstructorOptions = 3

/**
 * Whether the options are those of the constructor: `fastify start --options` passes them to the app, which passes them
 * to @fastify/autoload, which merges them into the options of every plugin file, with a `prefix`.
 */
const arePassedOn = (names: readonly string[]): boolean =>
  names.includes('prefix') ||
  names.filter((name) => constructorNames.has(name)).length >= minConstructorOptions

/** A plugin's options without those of Fastify's `register`, of its loaders, and of a constructor that are passed on. */
export function withoutRegisterOptions<T extends object>(options: T): T {
  const arePassed = arePassedOn(Object.keys(options))
  const isOther = (name: string) => registerNames.has(name) || (arePassed && constructorNames.has(name))
  return Object.fromEntries(Object.entries(options).filter(([name]) => !isOther(name))) as T
}
