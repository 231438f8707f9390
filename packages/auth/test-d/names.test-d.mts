// An app that declares its roles, scopes, policies, claims and session data.
import { expectTypeOf } from 'expect-type'
import Fastify from 'fastify'
import { auth, type AuthHook, type AuthOptions, type RoleName } from '@seaworthy/auth'

declare module '@seaworthy/auth' {
  interface AuthTypes {
    role: 'admin' | 'editor'
    scope: 'posts:read' | 'posts:write'
    policy: 'owner'
  }
  interface AuthUser {
    email: string
  }
  interface SessionData {
    cart: string[]
  }
}

const app = Fastify()
await app.register(auth, {
  roles: { admin: ['editor'], editor: [] },
  policies: {
    owner: (_request, { identity, hasRole }) => identity.user.email === 'ada@example.com' || hasRole('admin')
  }
})
await app.register(auth, { roles: ['admin', 'editor'] })

expectTypeOf<RoleName>().toEqualTypeOf<'admin' | 'editor'>()
expectTypeOf(app.authorize('admin', 'editor')).toEqualTypeOf<AuthHook>()
app.get(
  '/a',
  { config: { auth: { roles: ['admin'], scopes: 'posts:read', owner: 'owner' } } },
  async (request) => {
    expectTypeOf(request.user.email).toEqualTypeOf<string>()
    expectTypeOf(request.identity?.user.email).toEqualTypeOf<string | undefined>()
    expectTypeOf(request.session.get('cart')).toEqualTypeOf<string[] | undefined>()
    expectTypeOf(request.session.cart).toEqualTypeOf<string[] | undefined>()
    expectTypeOf(request.session.get('user')).toEqualTypeOf<unknown>()
    request.session.set('cart', ['apple'])
    request.session.set('cart', undefined)
    request.session.set('user', { sub: 'ada' })
    // @ts-expect-error the cart is a list
    request.session.set('cart', 5)
  }
)

// @ts-expect-error no such role
app.authorize('admn')
// @ts-expect-error no such role
app.get('/b', { config: { auth: { roles: ['admn'] } } }, async () => 1)
// @ts-expect-error no such role
app.get('/b', { config: { auth: { roles: 'admn' } } }, async () => 1)
// @ts-expect-error no such scope
app.get('/b', { config: { auth: { scopes: ['posts:reed'] } } }, async () => 1)
// @ts-expect-error no such policy
app.get('/b', { config: { auth: { policies: 'ownr' } } }, async () => 1)
// @ts-expect-error no such role
const misspelt: AuthOptions = { roles: { admn: ['editor'], editor: [] } }
// @ts-expect-error it includes no such role
const included: AuthOptions = { roles: { admin: ['editr'], editor: [] } }
// @ts-expect-error a role was forgotten, which would stop the start
const forgotten: AuthOptions = { roles: { editor: [] } }
// @ts-expect-error no such policy
const policy: AuthOptions = { policies: { ownr: () => true } }
void [misspelt, included, forgotten, policy]
