import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { warnAboutMisspeltOptions } from '../misspelt-options.ts'
import { observedReports, type ReportObserved } from '../mode.ts'
import { SecurityError } from '../security-error.ts'
import { securityStatus, type OpenBoundary } from '../status.ts'
import { bodyShapeError, queryShapeError } from './input-shape.ts'
import { findMissingSchemas, formatBoundaries } from './missing-schemas.ts'
import { resolveValidation, type ValidationOptions } from './options.ts'
import { maxNameLength, PatternInspector } from './pattern-inspector.ts'
import { buildValidatorByInput } from './validator-compiler.ts'

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

const plugin: FastifyPluginAsync<ValidationOptions> = async (fastify, options) => {
  const settings = resolveValidation(options)
  const { maxDepth, maxKeys, boundaries, onMissingSchema } = settings
  const observed = settings.mode === 'observe' ? observedReports(fastify) : undefined
  const open: OpenBoundary[] = []

  const forms = new WeakSet<object>()
  const { initialConfig } = fastify
  const inspector = new PatternInspector({
    unsafePatterns: settings.unsafePatterns,
    bodyLimit: initialConfig.bodyLimit ?? 1_048_576,
    paramLimit: paramLength(initialConfig),
    log: fastify.log
  })
  // An app with a compiler of its own (zod, TypeBox) keeps it.
  if (fastify.validatorCompiler === undefined) {
    const buildValidator = buildValidatorByInput({
      ...settings,
      forms,
      reportObserved: observed,
      inspect: (...compiled) => inspector.addCompiled(...compiled)
    })
    fastify.setSchemaController({ compilersFactory: { buildValidator: buildValidator as never } })
  } else {
    fastify.log.info("security: keeping the app's validatorCompiler; strict body validation is off")
  }

  fastify.addHook('preValidation', (request, _reply, done) => {
    const { body } = request
    if (isForm(request.headers['content-type']) && typeof body === 'object' && body !== null) forms.add(body)
    const maxName = inspector.needsShortNames ? maxNameLength : Infinity
    const error =
      bodyShapeError(body, maxDepth, maxKeys, maxName) ?? queryShapeError(request.query, maxKeys, maxName)
    if (error === undefined || observed === undefined) return done(error)
    reportError(observed, request, error)
    done()
  })

  warnAboutMisspeltOptions(fastify, ['validation'])
  fastify.addHook('onRoute', function (route) {
    // @fastify/multipart may make the body of a form later than the hook above: then it is one only behind its hook.
    if (route.schema?.body !== undefined && this.hasContentTypeParser('multipart/form-data')) {
      const markForm: Hook = ({ headers, body }, _reply, done) => {
        if (isForm(headers['content-type']) && typeof body === 'object' && body !== null) forms.add(body)
        done()
      }
      route.preValidation = [...[route.preValidation ?? []].flat(), markForm] as never
    }
    inspector.addRoute(route)
    requireListedContentType(route, observed)
    if (route.config?.operational !== undefined) return
    // tRPC's procedures check their input, and its one route takes no schema.
    if (this.pluginName.endsWith('fastifyTRPCPlugin')) return
    const missing = findMissingSchemas(route, boundaries)
    if (missing) open.push(missing)
  })

  fastify.addHook('onReady', (done) => {
    if (open.length === 0 || onMissingSchema === 'ignore') return done()
    const routes = open.length === 1 ? '1 route takes' : `${open.length} routes take`
    const message = `security: ${routes} input without a schema: ${formatBoundaries(open)}`
    if (onMissingSchema === 'error') return done(new Error(message))
    fastify.log.warn({ routes: open.length }, message)
    done()
  })

  securityStatus(fastify).boundaries = () => structuredClone(open)
}

/** The greatest number of characters of a parameter in a path. */
const paramLength = ({ routerOptions, maxParamLength }: FastifyInstance['initialConfig']): number =>
  routerOptions?.maxParamLength ?? maxParamLength ?? 100

/** The body of a form consists of text. */
const isForm = (type: string | undefined): boolean =>
  type !== undefined && /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type)

/**
 * With a schema for each content type, Fastify accepts all others unchecked, and requests without a body too. This hook
 * answers them with 415.
 */
function requireListedContentType(route: RouteOptions, observed?: ReportObserved): void {
  const { content } = (route.schema?.body ?? {}) as { content?: Record<string, unknown> }
  if (typeof content !== 'object' || content === null) return

  const listed = new Set(Object.keys(content))
  const hook: Hook = (request, _reply, done) => {
    const { mediaType } = request as { mediaType?: string }
    if (mediaType !== undefined && listed.has(mediaType)) return done()
    const error = unsupportedContentType(listed)
    if (observed === undefined) return done(error)
    reportError(observed, request, error)
    done()
  }
  route.preValidation = [hook, ...[route.preValidation ?? []].flat()] as never
}

const reportError = (
  report: ReportObserved,
  { method, routeOptions }: FastifyRequest,
  error: SecurityError
) => report(`${method} ${routeOptions.url ?? 'of an unknown route'}`, error.code)

const unsupportedContentType = (listed: ReadonlySet<string>) =>
  new SecurityError('This content type is not accepted here', {
    code: 'UNSUPPORTED_CONTENT_TYPE',
    statusCode: 415,
    headers: { accept: [...listed].join(', ') }
  })

/**
 * Request validation: strict bodies, safe patterns, bounded depth and size, and a list of routes without schemas.
 *
 * @example
 * await app.register(validation, { onMissingSchema: 'error' })
 * const querystring = { type: 'object', properties: { page: { type: 'integer' } }, additionalProperties: false }
 * app.get('/orders', { schema: { querystring } }, async ({ query }) => query)
 */
export const validation: FastifyPluginAsync<ValidationOptions> = fp(plugin, {
  name: '@seaworthy/security/validation',
  fastify: '^5.12.0'
})
