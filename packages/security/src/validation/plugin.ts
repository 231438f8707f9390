import type { FastifyPluginAsync, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { SecurityError } from '../security-error.ts'
import { tell, type OpenBoundary } from '../status.ts'
import { listed, openBoundary } from './missing-schemas.ts'
import { buildByPart } from './validator-compiler.ts'
import { resolveValidation, type ValidationOptions } from './options.ts'
import { unsafePatterns } from './unsafe-patterns.ts'
import { queryError, shapeError } from './input-shape.ts'

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

const plugin: FastifyPluginAsync<ValidationOptions> = async (fastify, options) => {
  const settings = resolveValidation(options)
  const { maxDepth, maxKeys, boundaries, onMissingSchema } = settings
  const open: OpenBoundary[] = []

  const inspect = (where: string) => (schema: unknown) => {
    const [worst] = unsafePatterns(schema)
    if (worst === undefined) return
    const message = `security: ${where} has an unsafe pattern at ${worst.at}: ${worst.why}: ${worst.pattern}`
    if (settings.unsafePatterns === 'error') throw new Error(message)
    fastify.log.warn(message)
  }

  // An app with a compiler of its own (zod, TypeBox) keeps it.
  if (fastify.validatorCompiler === undefined) {
    fastify.setSchemaController({
      compilersFactory: { buildValidator: buildByPart(inspect('a shared schema')) as never }
    })
  } else {
    fastify.log.info('security: the app has a validator compiler of its own, which stays')
  }

  fastify.addHook('preValidation', (request, _reply, done) => {
    done(shapeError(request.body, maxDepth, maxKeys) ?? queryError(request.query, maxKeys))
  })

  fastify.addHook('onRoute', (route) => {
    inspect(`the schema of ${[route.method].flat().join(',')} ${route.url}`)(route.schema)
    guardContentTypes(route)
    if (route.config?.operational !== undefined) return
    const missing = openBoundary(route, boundaries)
    if (missing) open.push(missing)
  })

  fastify.addHook('onReady', (done) => {
    if (open.length === 0 || onMissingSchema === 'ignore') return done()
    const message = `security: ${open.length} routes take input without a schema: ${listed(open)}`
    if (onMissingSchema === 'error') return done(new Error(message))
    fastify.log.warn({ routes: open.length }, message)
    done()
  })

  tell(fastify, { boundaries: () => structuredClone(open) })
}

/** With a schema for each content type, Fastify lets any other pass unchecked: here it is 415. */
function guardContentTypes(route: RouteOptions): void {
  const { content } = (route.schema?.body ?? {}) as { content?: Record<string, unknown> }
  if (typeof content !== 'object' || content === null) return

  const listed = new Set(Object.keys(content))
  const guard: Hook = (request, _reply, done) => {
    const { mediaType } = request as { mediaType?: string }
    const unchecked = request.body !== undefined && !(mediaType !== undefined && listed.has(mediaType))
    done(unchecked ? unsupported(listed) : undefined)
  }
  route.preValidation = [guard, ...[route.preValidation ?? []].flat()] as never
}

const unsupported = (listed: ReadonlySet<string>) =>
  new SecurityError('This content type is not accepted here', {
    code: 'UNSUPPORTED_CONTENT_TYPE',
    statusCode: 415,
    headers: { accept: [...listed].join(', ') }
  })

/** Nothing unchecked gets in: strict bodies, safe patterns, bounded shapes, and a list of what has no schema. */
export const validation: FastifyPluginAsync<ValidationOptions> = fp(plugin, {
  name: '@seaworthy/security/validation',
  fastify: '^5.10.0'
})
