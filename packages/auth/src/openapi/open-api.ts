import type { FastifySchema } from 'fastify'
import { isRestricted, type Requirement } from '../policy/requirement.ts'
import type { RouteRules } from '../policy/routes.ts'
import { alternativesOf } from './alternatives.ts'
import { checkOpenApi, type OpenApiOptions, type OpenApiTransform } from './options.ts'
import { inSwagger2, type DescribedSchemes, type SecuritySchemes } from './schemes.ts'

/** The members of a document that are read and added to. */
interface Document {
  openapi?: string
  components?: { securitySchemes?: SecuritySchemes }
  securityDefinitions?: SecuritySchemes
}

type DocumentedSchema = FastifySchema & { security?: unknown; hide?: unknown }
type Responses = Record<string, object>

/** Makes `app.auth.openApi`, which describes the rules that the matrix has. */
export function createOpenApi(
  rules: Pick<RouteRules, 'ruleOf'>,
  described: DescribedSchemes
): (options?: OpenApiOptions) => { transform: OpenApiTransform } {
  return (options = {}) => {
    checkOpenApi(options, Object.keys(described.schemes))
    const schemes: SecuritySchemes = { ...described.schemes, ...options.securitySchemes }
    return {
      transform(argument) {
        const { schema, url } = options.transform?.(argument) ?? argument
        const rule = rules.ruleOf(argument.route)
        const documented = (schema as DocumentedSchema | undefined) ?? {}
        if (rule === undefined || rule === 'operational' || rule === 'unmarked') return { schema, url }
        const { security: routeSecurity } = documented
        if (rule === 'public')
          return { schema: withMembers(documented, { security: routeSecurity ?? [] }), url }

        const document = (argument.openapiObject ?? argument.swaggerObject ?? {}) as Document
        const isSwagger2 = argument.openapiObject === undefined
        addSchemes(document, schemes, isSwagger2)
        const security = routeSecurity ?? securityOf(rule, described, schemes, document)
        const response = withRejections(
          documented.response as Responses | undefined,
          rule,
          options.errorSchema
        )
        return { schema: withMembers(documented, { security, response }), url }
      }
    }
  }
}

/** A copy, because the app's schema validates and serializes. `security` is a member only for @fastify/swagger. */
const withMembers = (schema: object, members: object): FastifySchema => ({ ...schema, ...members })

/** @fastify/swagger looks up each scheme that a route names. The app's object stays as it is. */
function addSchemes(document: Document, schemes: SecuritySchemes, isSwagger2: boolean): void {
  if (isSwagger2) {
    const definitions = Object.entries(schemes).map(([name, scheme]) => [name, inSwagger2(scheme)])
    document.securityDefinitions = { ...Object.fromEntries(definitions), ...document.securityDefinitions }
    return
  }
  const { components } = document
  document.components = {
    ...components,
    securitySchemes: { ...schemes, ...components?.securitySchemes }
  }
}

function securityOf(
  requirements: readonly Requirement[],
  { namesOf }: DescribedSchemes,
  schemes: SecuritySchemes,
  { openapi = '2.0', components, securityDefinitions }: Document
): Record<string, readonly string[]>[] {
  const scopes = [...new Set(requirements.flatMap(({ scopes }) => scopes))]
  const inDocument = components?.securitySchemes ?? securityDefinitions ?? {}
  /** Before 3.1, a scheme that is not of OAuth has no scopes. */
  const scopesOf = (name: string): readonly string[] => {
    const { type } = inDocument[name] ?? schemes[name] ?? {}
    const allowed = type === 'oauth2' || type === 'openIdConnect' || /^3\.[1-9]/.test(openapi)
    return allowed ? scopes : []
  }
  return alternativesOf(requirements).flatMap((alternative) => {
    const ways = alternative.reduce<readonly (readonly string[])[]>(
      (found, name) => found.flatMap((names) => namesOf.get(name)!.map((each) => [...names, each])),
      [[]]
    )
    return ways.map((names) => Object.fromEntries(names.map((name) => [name, scopesOf(name)])))
  })
}

/** The responses of a route with 401 and 403, unless it describes them itself. */
function withRejections(
  response: Responses | undefined,
  requirements: readonly Requirement[],
  errorSchema: object | undefined
): Responses {
  const errorResponse = response?.['4xx'] ?? response?.['4XX'] ?? errorSchema ?? { type: 'null' }
  const has = (status: string): boolean => response !== undefined && Object.hasOwn(response, status)
  const rejections: Responses = {}
  if (!has('401')) {
    const isStepUp = requirements.some(({ stepUp }) => stepUp !== undefined)
    const description = isStepUp
      ? 'Authentication is required, or a newer or stronger one.'
      : 'Authentication is required.'
    const challenge = { type: 'string', description: 'How to authenticate' }
    rejections['401'] = { ...errorResponse, description, headers: { 'www-authenticate': challenge } }
  }
  if (requirements.some(isRestricted) && !has('403'))
    rejections['403'] = { ...errorResponse, description: describeRestriction(requirements) }
  // @fastify/swagger adds a default only to a route without any response.
  return { ...(response ?? { 200: { type: 'null', description: 'Default Response' } }), ...rejections }
}

function describeRestriction(requirements: readonly Requirement[]): string {
  const scopes = [...new Set(requirements.flatMap(({ scopes }) => scopes))]
  const needs = [
    ...requirements.flatMap(({ roles }) => (roles.length > 0 ? [`a role of ${roles.join(', ')}`] : [])),
    ...(scopes.length > 0 ? [`the scope ${scopes.join(', ')}`] : [])
  ]
  return needs.length > 0
    ? `Access is denied. It takes ${[...new Set(needs)].join(', and ')}.`
    : 'Access is denied.'
}
