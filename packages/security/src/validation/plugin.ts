import type { FastifyPluginAsync, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { SecurityError } from '../security-error.ts'
import { securityStatus, type OpenBoundary } from '../status.ts'
import { bodyShapeError, queryShapeError } from './input-shape.ts'
import { findMissingSchemas, formatBoundaries } from './missing-schemas.ts'
import { resolveValidation, type ValidationOptions } from './options.ts'
import { findUnsafePatterns } from './unsafe-patterns.ts'
import { buildValidatorByInput } from './validator-compiler.ts'

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

const plugin: FastifyPluginAsync<ValidationOptions> = async (fastify, options) => {
  const settings = resolveValidation(options)
  const { maxDepth, maxKeys, boundaries, onMissingSchema } = settings
  const open: OpenBoundary[] = []

  const inspect = (subject: string) => (schema: unknown) => {
    const [unsafe] = findUnsafePatterns(schema)
    if (unsafe === undefined) return
    const message = `security: ${subject} has an unsafe pattern at ${unsafe.at}: ${unsafe.reason}: ${unsafe.pattern}`
    if (settings.unsafePatterns === 'error') throw new Error(message)
    fastify.log.warn(message)
  }

  // An app with a compiler of its own (zod, TypeBox) keeps it.
  if (fastify.validatorCompiler === undefined) {
    fastify.setSchemaController({
      compilersFactory: { buildValidator: buildValidatorByInput(inspect('a shared schema')) as never }
    })
  } else {
    fastify.log.info("security: keeping the app's validatorCompiler; strict body validation is off")
  }

  fastify.addHook('preValidation', (request, _reply, done) => {
    done(bodyShapeError(request.body, maxDepth, maxKeys) ?? queryShapeError(request.query, maxKeys))
  })

  fastify.addHook('onRoute', (route) => {
    inspect(`the schema of ${[route.method].flat().join(',')} ${route.url}`)(route.schema)
    requireListedContentType(route)
    if (route.config?.operational !== undefined) return
    const missing = findMissingSchemas(route, boundaries)
    if (missing) open.push(missing)
  })

  fastify.addHook('onReady', (done) => {
    if (open.length === 0 || onMissingSchema === 'ignore') return done()
    const message = `security: ${open.length} routes take input without a schema: ${formatBoundaries(open)}`
    if (onMissingSchema === 'error') return done(new Error(message))
    fastify.log.warn({ routes: open.length }, message)
    done()
  })

  securityStatus(fastify).boundaries = () => structuredClone(open)
}

/** With a schema for each content type, Fastify accepts all others unchecked. This hook answers them with 415. */
function requireListedContentType(route: RouteOptions): void {
  const { content } = (route.schema?.body ?? {}) as { content?: Record<string, unknown> }
  if (typeof content !== 'object' || content === null) return

  const listed = new Set(Object.keys(content))
  const hook: Hook = (request, _reply, done) => {
    const { mediaType } = request as { mediaType?: string }
    const unchecked = request.body !== undefined && !(mediaType !== undefined && listed.has(mediaType))
    done(unchecked ? unsupportedContentType(listed) : undefined)
  }
  route.preValidation = [hook, ...[route.preValidation ?? []].flat()] as never
}

const unsupportedContentType = (listed: ReadonlySet<string>) =>
  new SecurityError('This content type is not accepted here', {
    code: 'UNSUPPORTED_CONTENT_TYPE',
    statusCode: 415,
    headers: { accept: [...listed].join(', ') }
  })

/** Request validation: strict bodies, safe patterns, bounded depth and size, and a list of routes without schemas. */
export const validation: FastifyPluginAsync<ValidationOptions> = fp(plugin, {
  name: '@seaworthy/security/validation',
  fastify: '^5.12.0'
})
