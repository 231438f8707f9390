/**
 * The app's names of roles, scopes and policies. Any other name is then a compile error, in routes and in the options.
 *
 * @example
 * declare module '@seaworthy/auth' {
 *   interface AuthTypes {
 *     role: 'admin' | 'editor'
 *     scope: 'posts:read' | 'posts:write'
 *     policy: 'owner'
 *   }
 * }
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- the app adds to it
export interface AuthTypes {}

type NamesOf<Kind extends string> = AuthTypes extends Record<Kind, infer Name extends string> ? Name : string

/**
 * A role: any name, or those of `AuthTypes`.
 *
 * @example
 * const role: RoleName = 'admin'
 * app.delete('/users/:id', { onRequest: app.authorize(role) }, async () => 'gone')
 */
export type RoleName = NamesOf<'role'>
/**
 * A scope: any name, or those of `AuthTypes`.
 *
 * @example
 * const scope: ScopeName = 'orders:read'
 * app.get('/orders', { config: { auth: { scopes: scope } } }, async () => [])
 */
export type ScopeName = NamesOf<'scope'>
/**
 * A policy of the option `policies`: any name, or those of `AuthTypes`.
 *
 * @example
 * const policy: PolicyName = 'owner'
 * app.get('/orders/:id', { config: { auth: { owner: policy } } }, async () => 'order')
 */
export type PolicyName = NamesOf<'policy'>
