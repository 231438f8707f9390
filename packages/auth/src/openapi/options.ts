import type { FastifySchema, RouteOptions } from 'fastify'
import { check } from '../core/option-checks.ts'
import type { SecuritySchemes } from './schemes.ts'

/**
 * The argument of a `transform` of @fastify/swagger.
 *
 * @example
 * const transform = ({ schema, url }: OpenApiRoute) => ({ schema: { ...schema, tags: ['api'] }, url })
 * app.auth.openApi({ transform })
 */
export interface OpenApiRoute {
  schema: FastifySchema
  url: string
  route: RouteOptions
  openapiObject?: object
  swaggerObject?: object
}

/**
 * A `transform` of @fastify/swagger.
 *
 * @example
 * const transform: OpenApiTransform = app.auth.openApi().transform
 */
export type OpenApiTransform = (route: OpenApiRoute) => { schema: FastifySchema; url: string }

/**
 * Options of `app.auth.openApi`.
 *
 * @example
 * const options: OpenApiOptions = {
 *   securitySchemes: { jwt: { type: 'openIdConnect', openIdConnectUrl: 'https://id.example.com/.well-known/openid-configuration' } }
 * }
 * console.log(app.auth.openApi(options))
 */
export interface OpenApiOptions {
  /**
   * The app's own `transform`. It runs first.
   *
   * @defaultValue none
   */
  transform?: OpenApiTransform

  /**
   * Security schemes instead of those that the plugin's options describe, by their names: `jwt`, `jwtCookie`, `apiKey`,
   * `session`. OpenAPI 3.0 has scopes only for the types `oauth2` and `openIdConnect`.
   *
   * @defaultValue `{}`: a bearer token, a header and cookies
   */
  securitySchemes?: SecuritySchemes

  /**
   * The schema of 401 and 403, where a route's `response` has none, as a route has it: a JSON schema, or
   * `errorResponses(401)['401']` of `@seaworthy/errors`.
   *
   * @defaultValue none: their bodies are not described
   */
  errorSchema?: object
}

export function checkOpenApi(options: OpenApiOptions, names: readonly string[]): void {
  check.object('openApi', options)
  check.keys('openApi', options, ['transform', 'securitySchemes', 'errorSchema'])
  const { transform, securitySchemes = {}, errorSchema } = options
  if (transform !== undefined) check.fn('openApi.transform', transform)
  check.object('openApi.securitySchemes', securitySchemes)
  check.keys('openApi.securitySchemes', securitySchemes, names)
  if (errorSchema !== undefined) check.object('openApi.errorSchema', errorSchema)
}
