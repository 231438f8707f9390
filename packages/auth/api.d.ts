// @seaworthy/auth: index
import { FastifyRequest, FastifyReply, FastifySchema, RouteOptions, FastifyPluginAsync, SignerMethods } from 'fastify';
import { DecoderOptions, SignerOptions, VerifierOptions } from 'fast-jwt';

/** Marks an error as made for clients. All copies of a package share it, because the symbol is registered globally. */
declare const clientErrorBrand: unique symbol;
/**
 * An error whose status, code and headers go to the client, and whose message does too below 500 or with `expose`.
 * The error handler trusts these members only if the error carries the brand, or is made by Fastify or http-errors.
 */
interface ClientError extends Error {
    readonly [clientErrorBrand]: true;
    /** A whole number from 400 to 599. */
    readonly statusCode: number;
    /** Stable, for programs: `BREAKER_OPEN`. */
    readonly code: string;
    /** Response headers: `retry-after`, `www-authenticate`, `allow`. */
    readonly headers?: Readonly<Record<string, string | number | readonly string[]>> | undefined;
    /** Details of the error. They are sent unchanged, so they hold no secret and no submitted value. */
    readonly details?: unknown;
    /** Whether the message is sent. The default is `true` below 500. */
    readonly expose?: boolean | undefined;
    /** Whether the error rejects a request on purpose, so that there is no bug to report. */
    readonly isRejection?: boolean | undefined;
}

/**
 * The type `T` of a member that an interface of Fastify gets from us, unless the app declares the same member itself.
 *
 * `interface FastifyInstance extends Decorators {}` lets an app's own declaration win over an inherited one, but then
 * TypeScript asks that the app's type fits ours. While it compares the two, `this` is a type parameter, and this
 * condition stays open with `any` as the only branch that counts, so that every type fits. Wherever the member is read,
 * `this` is an object, and the type is `T`.
 *
 * Several packages have this type in their declarations, and some declare the same member. TypeScript then asks that
 * both are identical, and compares the name behind `as` by reference: unions and intersections are made once for the
 * same parts, a conditional type is a new one in each file.
 *
 * @example
 * interface Decorators { health: Overridable<this, Health> }
 * declare module 'fastify' { interface FastifyInstance extends Decorators {} }
 */
type Overridable<This, T> = {
    [K in 'own' as K | (K & keyof This)]: 1;
} extends {
    own: 1;
} ? T : any;
/** An options object with at least one of the keys of `T`: a key that does not exist, alone, is then an error. */
type AtLeastOne<T> = {
    [K in keyof T]-?: Required<Pick<T, K>> & Partial<T>;
}[keyof T];

/**
 * Marks routes for the platform (probes, metrics): no authentication, rate limit, load shedding or log line.
 * Set by the plugin that adds the route, read by the others.
 */
type OperationalRoute = 'probe' | 'metrics';
interface OperationalConfig {
    /** Marks a route that serves the platform, not users: `probe` or `metrics`. Plugins do not act on it. */
    operational?: Overridable<this, OperationalRoute>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends OperationalConfig {
    }
}

/**
 * The ways by which a request can be authenticated.
 *
 * @example
 * const scheme: SchemeName = 'apiKey'
 * app.get('/report', { config: { auth: { schemes: scheme } } }, async () => 'report')
 */
type SchemeName = 'jwt' | 'apiKey' | 'session';
/**
 * The user of a request: the token's claims, the session's `user`, or the owner of an API key.
 * Add your own claims by declaration merging: `declare module '@seaworthy/auth' { interface AuthUser { email: string } }`.
 *
 * @example
 * declare module '@seaworthy/auth' {
 *   interface AuthUser {
 *     email?: string
 *   }
 * }
 * app.get('/me', { onRequest: app.authenticate }, async (request) => request.user.email)
 */
interface AuthUser {
    /** The subject: a user's id. */
    sub: string;
    /** Roles as tokens of this package carry them. */
    roles?: readonly string[];
    /** A single role, as some tokens carry it. */
    role?: string;
    /** Any other claim. */
    [claim: string]: unknown;
}
/**
 * The result of authentication.
 *
 * @example
 * app.get('/me', { onRequest: app.authenticate }, async ({ identity }) => `${identity?.subject} by ${identity?.scheme}`)
 */
interface Identity {
    readonly scheme: SchemeName;
    readonly user: AuthUser;
    readonly subject: string | undefined;
    /**
     * The issuer of the token. Subjects of two issuers are two users, even if they are equal. `undefined` for sessions and
     * API keys, whose users are the app's.
     */
    readonly issuer: string | undefined;
    readonly roles: readonly string[];
    readonly scopes: readonly string[];
    /**
     * **Seconds** since 1970 at which the user authenticated: the claim `auth_time`, for a session else its login.
     * `undefined` if that is not known.
     */
    readonly authTime: number | undefined;
}
interface IdentityRequest {
    /** The result of authentication. `null` before it, and for a request without credentials on an optional route. */
    identity: Overridable<this, Identity | null>;
}
declare module 'fastify' {
    interface FastifyRequest extends IdentityRequest {
    }
}

/**
 * The subject of an event.
 *
 * @example
 * const watched: readonly AuditType[] = ['login', 'refresh_reused']
 */
type AuditType = 'access' | 'api_key' | 'csrf' | 'login' | 'provider_login' | 'provider_logout' | 'token_issued' | 'token_refreshed' | 'refresh_reused' | 'revoked' | 'session_started' | 'session_ended' | 'key_rotated';
/**
 * One decision or change. It never has a token, cookie, key or password.
 *
 * @example
 * await app.register(auth, {
 *   onAudit: (event: AuditEvent) => console.log(event.type, event.outcome, event.subject)
 * })
 */
interface AuditEvent {
    readonly type: AuditType;
    /** `allowed`, `unauthenticated`, `denied`, `would_deny`, `unavailable`, … */
    readonly outcome: string;
    readonly scheme?: SchemeName | 'password' | 'oauth2' | 'none' | undefined;
    /** The error's code, if the request was rejected. */
    readonly code?: string | undefined;
    readonly subject?: string | undefined;
    /** The route's pattern. */
    readonly route?: string | undefined;
    readonly method?: string | undefined;
    readonly ip?: string | undefined;
    readonly correlationId?: string | undefined;
    /** The id of the API key that the event is about. */
    readonly keyId?: string | undefined;
    /** Until when the key is valid that was replaced, in **milliseconds** since 1970. */
    readonly expiresAt?: number | undefined;
}

/**
 * A new key: show `key` once, store `id` and `hash`.
 *
 * @example
 * const { key }: NewApiKey = app.auth.apiKeys.create()
 * console.log(`x-api-key: ${key}`)
 */
interface NewApiKey {
    key: string;
    id: string;
    hash: string;
}
/**
 * A new key, and the members to store in the record of the key that it replaces.
 *
 * @example
 * const { id, hash, key, old }: RotatedApiKey = app.auth.apiKeys.rotate({ id: '0123456789abcdef' }, '7 days')
 * console.log(`store ${id} and ${hash}, show ${key}; ${old.id} expires at ${old.expiresAt}`)
 */
interface RotatedApiKey extends NewApiKey {
    old: {
        id: string;
        replacedBy: string;
        /** Until when the old key is valid, in **milliseconds** since 1970. */
        expiresAt: number;
    };
}
/**
 * Creates API keys, as `app.auth.apiKeys`.
 *
 * @example
 * const { id, key, hash } = app.auth.apiKeys.create()
 * console.log(`store ${id} and ${hash}, show ${key} once`)
 */
interface ApiKeys {
    /** Creates a key. Store `id` and `hash` where `find` looks: this package stores nothing. */
    create(): NewApiKey;
    /**
     * Creates the key that replaces another one, which stays valid for `overlap`: milliseconds from 0 to 366 days, or a text
     * with a unit (`'7 days'`). Store the new key with the owner and scopes of the old one, and `old` in the old record. The
     * old key never lives longer than its `expiresAt`.
     */
    rotate(old: {
        id: string;
        expiresAt?: number | string | Date | null | undefined;
    }, overlap: number | string): RotatedApiKey;
}

/**
 * How many requests one key may send.
 *
 * @example
 * const quota: ApiKeyQuota = { max: 10_000, timeWindow: '1 day' }
 * const apiKeys: ApiKeyOptions = { find: () => undefined, quota }
 */
interface ApiKeyQuota {
    /**
     * Requests within the window. At least 1.
     *
     * @defaultValue none: required
     */
    max: number;
    /**
     * The window, which slides: milliseconds from 1 to 366 days, or a text with a unit (`'1 day'`).
     *
     * @defaultValue none: required
     */
    timeWindow: number | string;
}
/**
 * The argument of `onUse`.
 *
 * @example
 * const seen = new Map<string, number>()
 * const apiKeys: ApiKeyOptions = { find: () => undefined, onUse: ({ id, at }: ApiKeyUse) => seen.set(id, at) }
 */
interface ApiKeyUse {
    readonly id: string;
    readonly subject: string;
    /** When, in **milliseconds** since 1970. */
    readonly at: number;
    readonly ip: string;
}
/**
 * The app's record of an API key. The key itself is stored nowhere.
 *
 * @example
 * const record: ApiKeyRecord = { hash: app.auth.apiKeys.create().hash, sub: 'partner', scopes: ['orders:read'] }
 */
interface ApiKeyRecord {
    /** SHA-256 of the key, as returned by `app.auth.apiKeys.create()`. */
    hash: string;
    /** The owner's id. */
    sub: string;
    roles?: readonly string[];
    scopes?: readonly string[];
    /** When it expires, in **milliseconds** since 1970. */
    expiresAt?: number;
    /** The id of the key that has replaced it. It is then valid until `expiresAt` only, and not at all without. */
    replacedBy?: string;
    /** The quota of this key; `false` for none. Without it that of the option `quota` applies. */
    quota?: ApiKeyQuota | false;
}
/**
 * Options of API keys.
 *
 * @example
 * const keys = new Map<string, ApiKeyRecord>()
 * const apiKeys: ApiKeyOptions = { find: (id) => keys.get(id), prefix: 'shop' }
 * await app.register(auth, { apiKeys })
 */
interface ApiKeyOptions {
    /**
     * Finds a key's record by the id in the key.
     *
     * @defaultValue none: required
     */
    find: (id: string) => ApiKeyRecord | null | undefined | Promise<ApiKeyRecord | null | undefined>;
    /**
     * The start of each key, so that scanners find leaked ones: 1 to 16 letters and digits.
     *
     * @defaultValue 'sk'
     */
    prefix?: string;
    /**
     * The request header that has the key.
     *
     * @defaultValue 'x-api-key'
     */
    header?: string;
    /**
     * Requests of one key, for keys without a quota of their own. The rate limits of `@seaworthy/security` count them, in
     * Redis if they do.
     *
     * @defaultValue none: only keys with a quota in their record have one
     * @throws RangeError at the start if the app has no such rate limits.
     */
    quota?: ApiKeyQuota;
    /**
     * Look-ups within a minute that may find no valid key, for one address (IPv6: one /64) and process. Further ones get
     * 429 before `find` is called, unless the key was valid not long ago. Texts without the right checksum are never looked
     * up. Attempts, 1 to 100000.
     *
     * @defaultValue 100
     */
    attempts?: number;
    /**
     * Called when a key is used, once per `useInterval`, key and process. No request waits for it, and its errors are only
     * logged.
     *
     * @defaultValue none: uses are not noted
     */
    onUse?: (use: ApiKeyUse) => unknown;
    /**
     * The time between two calls of `onUse` for one key, and between two audit events about a key that was replaced.
     * Milliseconds, 1000 to 86400000, or a text with a unit (`'5 minutes'`).
     *
     * @defaultValue 60000
     */
    useInterval?: number | string;
}

/**
 * A session on the server.
 *
 * @example
 * const inBrowsers = (records: readonly SessionRecord[]) => records.filter(({ userAgent }) => userAgent?.includes('Mozilla'))
 * console.log(inBrowsers(await app.auth.sessions.list('ada')))
 */
interface SessionRecord {
    readonly id: string;
    readonly subject: string;
    /** Milliseconds since 1970. */
    readonly createdAt: number;
    readonly lastSeen: number;
    readonly ip?: string | undefined;
    readonly userAgent?: string | undefined;
}

/**
 * The cost of a password hash by Argon2id. Less than what OWASP recommends stops the start: with less memory it takes more
 * iterations.
 *
 * @example
 * const argon2id: Argon2idOptions = { memory: 47_104, iterations: 1 }
 * await app.register(auth, { login: { argon2id } })
 */
interface Argon2idOptions {
    /**
     * Memory of one hash. KiB, 7168 to 1048576.
     *
     * @defaultValue 19456
     */
    memory?: number;
    /**
     * The number of passes over the memory: at least 1 from 47104 KiB on, 2 from 19456, 3 from 12288, 4 from 9216, else 5. 20 at most.
     *
     * @defaultValue 2
     */
    iterations?: number;
    /**
     * The number of lanes of the memory, 1 to 16.
     *
     * @defaultValue 1
     */
    parallelism?: number;
}

/**
 * Options of the list of leaked passwords.
 *
 * @example
 * const breached: BreachedOptions = { url: 'https://api.pwnedpasswords.com/range/', timeout: 500 }
 * console.log(breached.url)
 */
interface BreachedOptions {
    /**
     * The URL of ranges of SHA-1 hashes, to which the first five letters of a hash are added: https, or http on loopback.
     * That of Have I Been Pwned is `https://api.pwnedpasswords.com/range/`.
     *
     * @defaultValue none: required
     * @throws RangeError for plain http, and for credentials in the URL.
     */
    url: string;
    /**
     * The timeout of a call, after which a password counts as not leaked. Milliseconds, 1 to 60000.
     *
     * @defaultValue 1000
     */
    timeout?: number;
}

/**
 * Options of password logins.
 *
 * @example
 * const login: LoginOptions = { attempts: 3, maxDelay: 600_000 }
 * await app.register(auth, { login })
 */
interface LoginOptions {
    /**
     * Failed attempts at an account from one address (IPv6: one /64) before further ones have to wait. Attempts, 1 to
     * 1000.
     *
     * @defaultValue 5
     */
    attempts?: number;
    /**
     * The first wait. It doubles with each further failure. Milliseconds, at least 1.
     *
     * @defaultValue 1000
     */
    delay?: number;
    /**
     * The longest wait. Accounts are never locked permanently, because an attacker could then lock out their owners.
     * Milliseconds, at least 1.
     *
     * @defaultValue 300000
     */
    maxDelay?: number;
    /**
     * The limit for an account from all addresses together, as a multiple of `attempts`. With a small one an attacker
     * could lock out the owner. Factor, 1 to 1000.
     *
     * @defaultValue 10
     */
    accountFactor?: number;
    /**
     * The limit for an address at all accounts together, as a multiple of `attempts`. Factor, 1 to 1000.
     *
     * @defaultValue 10
     */
    addressFactor?: number;
    /**
     * The cost of a password hash: scrypt with N = 2^cost, r = 8, p = 3 (5 at 14). It takes 2^cost KiB of memory. Exponent,
     * 14 to 20.
     *
     * @defaultValue 15
     */
    cost?: number;
    /**
     * Hashes passwords by Argon2id instead of scrypt: its cost, `{}` for what OWASP recommends. Hashes by both are verified,
     * and `app.auth.needsRehash` tells which are not of the current kind. It takes Node 24.7.
     *
     * @defaultValue none: scrypt, which every Node has
     * @throws RangeError for less than OWASP recommends, and before Node 24.7.
     */
    argon2id?: Argon2idOptions;
    /**
     * A list of leaked passwords, for `app.auth.isBreachedPassword`. Only the first five letters of a password's hash are
     * sent there.
     *
     * @defaultValue none: no list is read
     */
    breached?: BreachedOptions;
}

/**
 * A login with a password.
 *
 * @example
 * const users = new Map<string, { id: string; passwordHash: string }>()
 * const credentials: Credentials<{ id: string; passwordHash: string }> = {
 *   account: 'ada@example.com',
 *   password: 'correct horse',
 *   find: (account) => users.get(account)
 * }
 * app.post('/login', async (request) => (await app.auth.verifyCredentials(request, credentials)).id)
 */
interface Credentials<User> {
    /** The user's input: an email address or a name. */
    account: string;
    password: string;
    /** Finds the user. `passwordHash` is a result of `app.auth.hashPassword`. */
    find: (account: string) => User | null | undefined | Promise<User | null | undefined>;
}
/**
 * Checks a login. @throws AuthError `AUTH_INVALID_CREDENTIALS` (401), `AUTH_TOO_MANY_ATTEMPTS` (429).
 *
 * @example
 * app.post<{ Body: { email: string; password: string } }>('/login', async (request) => {
 *   const { email: account, password } = request.body
 *   const user = await app.auth.verifyCredentials(request, { account, password, find: async () => ({ id: 'ada', passwordHash: '' }) })
 *   request.session.set('user', { id: user.id })
 *   return { id: user.id }
 * })
 */
type VerifyCredentials = <User extends {
    passwordHash: string | null | undefined;
}>(request: FastifyRequest, credentials: Credentials<User>) => Promise<User>;

/**
 * Options of the protection against cross-site requests.
 *
 * @example
 * const csrf: CsrfOptions = { trustedOrigins: ['https://app.example.com'] }
 * await app.register(auth, { csrf })
 */
interface CsrfOptions {
    /**
     * Other origins that may write: `https://app.example.com`.
     *
     * @defaultValue none: only the service's own origin
     * @throws RangeError for an entry that is not an origin.
     */
    trustedOrigins?: readonly string[];
    /**
     * The rule for writes with neither `Sec-Fetch-Site` nor `Origin`: programs, and browsers older than 2020. `allow`
     * accepts them, `token` requires `x-csrf-token` with the value of `app.auth.csrfToken(request)`.
     *
     * @defaultValue 'allow'
     */
    unknownOrigin?: 'allow' | 'token';
}

/**
 * Response headers of an error: `{ 'retry-after': 30 }`.
 *
 * @example
 * const headers: ErrorHeaders = { 'retry-after': 30 }
 * throw new AppError('Later', { statusCode: 503, headers })
 */
type ErrorHeaders = Readonly<Record<string, string | number | readonly string[]>>;
/** The members of a {@link PluginError} besides its message. */
interface PluginErrorOptions<Code extends string> {
    /** Stable, for programs: `RATE_LIMITED`. */
    code: Code;
    /** The response's status, 400 to 599. */
    statusCode: number;
    /** Response headers: `retry-after`, `www-authenticate`. */
    headers?: ErrorHeaders | undefined;
    /** The error that led to it. Logged, never sent. */
    cause?: unknown;
}
/**
 * The base of the errors that a package answers with: status, code, headers and message may be sent. Recognise them by
 * `code`, not by `instanceof`: an ESM and a CommonJS copy are different classes.
 */
declare class PluginError<Code extends string = string> extends Error implements ClientError {
    readonly [clientErrorBrand]: true;
    readonly expose: boolean;
    readonly code: Code;
    readonly statusCode: number;
    readonly headers: ErrorHeaders | undefined;
    constructor(message: string, { code, statusCode, headers, cause }: PluginErrorOptions<Code>);
}

/**
 * A value that no string, JSON, log or inspection prints. `reveal()` gives it. An interface, because each package has a
 * copy of the class: a secret of one must fit the options of another.
 */
interface Secret {
    /** The value itself. Call it where it is used, and keep it nowhere. */
    reveal(): string;
    toString(): string;
    toJSON(): string;
}
/**
 * A text that no string, JSON, inspection or log prints.
 *
 * @example
 * const password = new Secret('correct horse')
 * console.log(`${password}`, password.reveal().length) // prints no secret
 */
declare const Secret: new (value: string) => Secret;

/**
 * The commands that the packages send. Clients of ioredis 5 and 6, alone, with Sentinel or as a cluster, have them.
 * `status` is ioredis' state of the connection: `ready`, `wait`, `connecting`, `reconnecting`, `close`, `end`.
 *
 * @example
 * const withRedis = async (redis: RedisClient) => app.register(rateLimit, { redis }) // new Redis(…) of ioredis
 */
interface RedisClient$1 {
    readonly status?: string;
    eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
    evalsha(sha: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
    ping(): Promise<unknown>;
}

/**
 * Logout at an OpenID Connect provider: from here to there (RP-initiated), and from there to here (back-channel and
 * front-channel).
 *
 * @example
 * const logout: LogoutOptions = {
 *   callbackUrl: 'https://shop.example.com/logout/google/callback',
 *   backchannelPath: '/logout/google/backchannel'
 * }
 */
interface LogoutOptions {
    /**
     * The path of the route that ends the session here and then at the provider: a form sends POST to it, so that no other
     * site can log the user out. `false`: there is no such route.
     *
     * @defaultValue `/logout/<name>` with `session`
     */
    path?: string | false;
    /**
     * The post-logout redirect URI registered at the provider: https, or http on loopback. Its path becomes a route, which
     * sends the browser to `returnTo`.
     *
     * @defaultValue none: the provider shows a page of its own
     */
    callbackUrl?: string;
    /**
     * The path to which the browser returns after the logout, unless the start has `?returnTo=`.
     *
     * @defaultValue '/'
     * @throws RangeError for a path that leads to another site.
     */
    returnTo?: string;
    /**
     * The path of the back-channel logout URI registered at the provider, to which it sends logout tokens.
     *
     * @defaultValue none: no such route
     */
    backchannelPath?: string;
    /**
     * The path of the front-channel logout URI registered at the provider, which it loads in a frame with `iss` and `sid`.
     * It ends only what that session at the provider began.
     *
     * @defaultValue none: no such route
     */
    frontchannelPath?: string;
    /**
     * The `typ` header of the provider's logout tokens. `JWT` is for providers that have not adopted `logout+jwt`, and
     * accepts tokens without a type too.
     *
     * @defaultValue 'logout+jwt'
     */
    tokenType?: 'logout+jwt' | 'JWT';
}

/**
 * A user of an identity provider. `issuer` and `subject` together identify the user; an email address never does.
 *
 * @example
 * const onLogin = ({ subject, verifiedEmail }: ProviderIdentity) => ({ sub: subject, email: verifiedEmail })
 */
interface ProviderIdentity {
    /** The provider's name in the options. */
    readonly provider: string;
    /** The issuer of the ID token: of a provider for many tenants that of the user's tenant. */
    readonly issuer: string;
    readonly subject: string;
    /** Set only if the provider has verified the address: the only one that may link accounts. */
    readonly verifiedEmail: string | undefined;
    readonly name: string | undefined;
    /** All claims of the provider. With `responseMode: 'form_post'` also `user`, if the form has it: that is not signed. */
    readonly claims: Readonly<Record<string, unknown>>;
    readonly accessToken: string;
}
/**
 * The endpoints of a provider without discovery (OAuth 2 alone).
 *
 * @example
 * const endpoints: OAuthEndpoints = {
 *   authorizeHost: 'https://gitlab.example.com',
 *   authorizePath: '/oauth/authorize',
 *   tokenHost: 'https://gitlab.example.com',
 *   tokenPath: '/oauth/token'
 * }
 */
interface OAuthEndpoints {
    authorizeHost: string;
    authorizePath: string;
    tokenHost: string;
    tokenPath: string;
}
/**
 * A login through one identity provider. One of `issuer` and `endpoints` is required.
 *
 * @example
 * const google: OAuthOptions = {
 *   issuer: 'https://accounts.google.com',
 *   clientId: process.env['GOOGLE_CLIENT_ID']!,
 *   clientSecret: process.env['GOOGLE_CLIENT_SECRET']!,
 *   callbackUrl: 'https://shop.example.com/login/google/callback',
 *   onLogin: ({ issuer, subject }) => ({ id: `${issuer} ${subject}` })
 * }
 * await app.register(auth, { session: { key: process.env['SESSION_KEY']! }, oauth2: { google } })
 */
interface OAuthOptions {
    /**
     * The issuer of an OpenID Connect provider, whose metadata is discovered: https, or http on loopback. A slash at its
     * end does not matter.
     *
     * @defaultValue none: the provider is described by `endpoints`
     */
    issuer?: string;
    /**
     * The endpoints of an OAuth 2 provider without discovery, or `github`. `profile` then returns the user.
     *
     * @defaultValue none: the endpoints are discovered
     * @throws RangeError for a host that is not https, and without `profile`.
     */
    endpoints?: OAuthEndpoints | 'github';
    /**
     * Returns the user of an access token of a provider without discovery.
     *
     * @defaultValue none: required with `endpoints`, except for `github`, which has one
     */
    profile?: (accessToken: string) => Promise<Omit<ProviderIdentity, 'provider' | 'issuer' | 'accessToken'>>;
    /**
     * The client id that the provider assigned to this service.
     *
     * @defaultValue none: required
     */
    clientId: string;
    /**
     * The client secret that the provider assigned to this service.
     *
     * @defaultValue none: required
     */
    clientSecret: string | Secret;
    /**
     * The redirect URI registered at the provider: https, or http on loopback. Its path becomes a route.
     *
     * @defaultValue none: required
     */
    callbackUrl: string;
    /**
     * The requested scopes.
     *
     * @defaultValue `openid email profile`; for `github` `read:user user:email`; none for other endpoints
     */
    scope?: string;
    /**
     * How the provider sends the browser back: `query` by a redirect, `form_post` by a form, which Apple requires for the
     * scopes `name` and `email`. What Apple sends of the user with the first login is `claims.user`, and not signed.
     *
     * @defaultValue 'query'
     * @throws RangeError for `form_post` with a `callbackUrl` that is not https: no cookie of the login would come back.
     */
    responseMode?: 'query' | 'form_post';
    /**
     * The path of the route that starts the login.
     *
     * @defaultValue `/login/<name>`
     */
    startPath?: string;
    /**
     * The path to which the browser returns after the login, unless the start has `?returnTo=`.
     *
     * @defaultValue '/'
     * @throws RangeError for a path that leads to another site.
     */
    returnTo?: string;
    /**
     * The timeout of each call to the provider, its body included, and of `profile`. Milliseconds, 1 to 60000.
     *
     * @defaultValue 5000
     */
    timeout?: number;
    /**
     * Logout at an OpenID Connect provider, from here to there and from there to here. `false` and none: the session ends
     * here only.
     *
     * @defaultValue none: no logout at the provider
     * @throws RangeError without `issuer`.
     */
    logout?: LogoutOptions | false;
    /**
     * Finds or creates the user. The returned user becomes the session's `user`, and the browser returns to `returnTo`.
     * Without a returned user there is no login. If the function sends a reply, that is the response. Throw to reject.
     *
     * @defaultValue none: required
     */
    onLogin: (identity: ProviderIdentity, request: FastifyRequest, reply: FastifyReply) => unknown;
}

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
interface AuthTypes {
}
type NamesOf<Kind extends string> = AuthTypes extends Record<Kind, infer Name extends string> ? Name : string;
/**
 * A role: any name, or those of `AuthTypes`.
 *
 * @example
 * const role: RoleName = 'admin'
 * app.delete('/users/:id', { onRequest: app.authorize(role) }, async () => 'gone')
 */
type RoleName = NamesOf<'role'>;
/**
 * A scope: any name, or those of `AuthTypes`.
 *
 * @example
 * const scope: ScopeName = 'orders:read'
 * app.get('/orders', { config: { auth: { scopes: scope } } }, async () => [])
 */
type ScopeName = NamesOf<'scope'>;
/**
 * A policy of the option `policies`: any name, or those of `AuthTypes`.
 *
 * @example
 * const policy: PolicyName = 'owner'
 * app.get('/orders/:id', { config: { auth: { owner: policy } } }, async () => 'order')
 */
type PolicyName = NamesOf<'policy'>;

/**
 * The second argument of a policy.
 *
 * @example
 * const editors: Policy = (_request, { hasRole }: PolicyContext) => hasRole('editor')
 */
interface PolicyContext {
    readonly identity: Identity;
    /** Whether the identity has one of these roles, or one that includes it. */
    hasRole(...roles: RoleName[]): boolean;
}
/**
 * Decides about a request: only `true` allows it. It may read a database; an error that it throws is the response.
 *
 * @example
 * const ownOrder: Policy = (request, { identity }) => (request.params as { user: string }).user === identity.subject
 * app.get('/users/:user/orders', { config: { auth: { owner: ownOrder } } }, async () => [])
 */
type Policy = (request: FastifyRequest, context: PolicyContext) => boolean | Promise<boolean>;
/**
 * Policies by name.
 *
 * @example
 * const policies: Policies = { office: (request) => request.ip.startsWith('10.') }
 * await app.register(auth, { policies })
 */
type Policies = Readonly<Record<PolicyName, Policy>>;

/**
 * Role names, or each role with those that it includes.
 *
 * @example
 * const roles: RolesOption = { admin: ['editor'], editor: ['reader'], reader: [] }
 * await app.register(auth, { roles })
 */
type RolesOption = readonly RoleName[] | Readonly<Record<RoleName, readonly RoleName[]>>;

/**
 * Options of revocation.
 *
 * @example
 * const revocation: RevocationOptions = { onStoreError: 'closed', retention: '30 days' }
 * await app.register(auth, { revocation })
 */
interface RevocationOptions {
    /**
     * How tokens are treated once Redis has not answered for `maxStaleness`: `local` continues with the revocations that
     * this process has, `closed` answers 503 to requests with a token.
     *
     * @defaultValue 'local'
     */
    onStoreError?: 'local' | 'closed';
    /**
     * The interval at which each process reads new revocations from Redis, besides being notified of each at once.
     * Milliseconds, 50 to 1000.
     *
     * @defaultValue 500
     */
    pollInterval?: number;
    /**
     * The age of the list of revocations from which `onStoreError` applies. Milliseconds, at least 100.
     *
     * @defaultValue 2000
     */
    maxStaleness?: number;
    /**
     * How long revocations are kept: at least as long as the longest token of any issuer is valid. **Milliseconds**, or a
     * text with a unit (`'2 days'`). From 1 minute to 366 days.
     *
     * @defaultValue '1 day'
     */
    retention?: number | string;
}

/**
 * Attributes of the session's cookie.
 *
 * @example
 * const cookie: SessionCookie = { sameSite: 'strict', secure: process.env['NODE_ENV'] !== 'development' }
 * await app.register(auth, { session: { key: process.env['SESSION_KEY']!, cookie } })
 */
interface SessionCookie {
    /** The path below which the browser sends the cookie: it begins with `/`. */
    path?: string;
    httpOnly?: boolean;
    /** `false` only for development over plain http: the cookie then loses its `__Host-` name. */
    secure?: boolean;
    /** `'none'` is for pages that other sites embed, and needs `secure`. */
    sameSite?: 'strict' | 'lax' | 'none' | boolean;
    /** **Seconds**, as in the cookie. */
    maxAge?: number;
    domain?: string;
    /** Whether an embedded page has its own session for each site that embeds it (CHIPS). It needs `secure`. */
    partitioned?: boolean;
}

/**
 * Options of sessions. One of `key` and `secret` is required.
 *
 * @example
 * const session: SessionOptions = { key: process.env['SESSION_KEY']!, idleTimeout: 900_000 }
 * await app.register(auth, { session })
 */
interface SessionOptions {
    /**
     * Encrypts the cookie (AES-256-GCM): 32 random bytes, in base64 or as a Buffer. A list is a rotation: the first key encrypts, all
     * decrypt.
     *
     * @defaultValue none: `secret` is used
     * @throws RangeError for another length, and for bytes that are not random.
     */
    key?: string | Secret | Buffer | readonly (string | Secret | Buffer)[];
    /**
     * Derives the key from a secret of at least 32 bytes, by scrypt.
     *
     * @defaultValue none: `key` is used
     */
    secret?: string | Secret;
    /**
     * The salt for `secret`: 16 bytes.
     *
     * @defaultValue A salt of this package
     * @throws RangeError for another length.
     */
    salt?: string | Secret | Buffer;
    /**
     * The cookie's name.
     *
     * @defaultValue `__Host-session`, or `session` if the cookie's attributes do not allow that name
     */
    cookieName?: string;
    /**
     * Attributes of the cookie.
     *
     * @defaultValue { path: '/', httpOnly: true, secure: true, sameSite: 'lax' }
     */
    cookie?: SessionCookie;
    /**
     * A session expires if it is not used for so long. Milliseconds, at least 1000.
     *
     * @defaultValue 1800000
     */
    idleTimeout?: number;
    /**
     * A session expires this long after the login. Milliseconds, at least 1000.
     *
     * @defaultValue 86400000
     */
    absoluteTimeout?: number;
    /**
     * Sessions that a user may have at a time, counted and limited in one step over all processes. Sessions, 1 to 1000.
     *
     * @defaultValue none: any number
     */
    maxSessions?: number;
    /**
     * The effect of a login above `maxSessions`: `endOldest` ends the session with the oldest login, `reject` answers 403
     * `AUTH_TOO_MANY_SESSIONS`.
     *
     * @defaultValue 'endOldest'
     */
    onMaxSessions?: 'endOldest' | 'reject';
    /**
     * How sessions are treated while Redis does not answer: `closed` answers 503 to requests with a session, `open`
     * trusts the cookie.
     *
     * @defaultValue 'closed'
     */
    onStoreError?: 'closed' | 'open';
}

/**
 * The methods that this package uses of an ioredis client.
 *
 * @example
 * const client: RedisClient = {
 *   eval: async () => null,
 *   evalsha: async () => null,
 *   ping: async () => 'PONG',
 *   duplicate: () => ({ subscribe: async () => 1, on: () => undefined, disconnect: () => undefined })
 * } // in an app: new Redis(process.env['REDIS_URL']) of ioredis
 * await app.register(auth, { redis: client })
 */
interface RedisClient extends RedisClient$1 {
    duplicate(override?: object): RedisSubscriber;
    on?(event: string, listener: (...args: any[]) => void): unknown;
    readonly isCluster?: boolean;
    readonly options?: {
        host?: unknown;
        port?: unknown;
        path?: unknown;
        keyPrefix?: unknown;
    };
}
/**
 * A connection that subscribes to a channel.
 *
 * @example
 * const subscriber: RedisSubscriber = { subscribe: async () => 1, on: () => undefined, disconnect: () => undefined }
 */
interface RedisSubscriber {
    subscribe(channel: string): Promise<unknown>;
    on(event: string, listener: (...args: any[]) => void): unknown;
    disconnect(): void;
}

/**
 * A symmetric key in the format of JSON Web Keys: `{ kty: 'oct', k: '…' }`.
 *
 * @example
 * const secret: SymmetricJwk = { kty: 'oct', k: process.env['JWT_SECRET']! }
 * await app.register(auth, { jwt: { secret } })
 */
interface SymmetricJwk {
    kty: 'oct';
    /** The key in base64url. */
    k: string;
    [member: string]: unknown;
}
/**
 * A secret: its text or bytes, or a JSON Web Key.
 *
 * @example
 * const secrets: readonly SymmetricKey[] = [process.env['NEW_SECRET']!, process.env['OLD_SECRET']!]
 * await app.register(auth, { jwt: { secret: secrets } })
 */
type SymmetricKey = string | Secret | Buffer | SymmetricJwk;

/**
 * The signature algorithms of proofs: asymmetric ones only.
 *
 * @example
 * const algorithms: readonly DpopAlgorithm[] = ['ES256', 'Ed25519']
 */
type DpopAlgorithm = (typeof dpopAlgorithms)[number];
declare const dpopAlgorithms: readonly ["ES256", "ES384", "ES512", "Ed25519", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];
/**
 * Options of DPoP (RFC 9449): tokens that only the holder of a key can use.
 *
 * @example
 * const dpop: DpopOptions = { baseUrl: 'https://api.example.com', required: true }
 * await app.register(auth, { jwt: { secret: process.env['JWT_SECRET']!, dpop } })
 */
interface DpopOptions {
    /**
     * The URLs under which clients call the service, https (http on loopback), with the path that a proxy removes. A proof
     * names the URL of its request. The header `Host` is not trusted: it is the client's.
     *
     * @defaultValue none: required
     */
    baseUrl: string | readonly string[];
    /**
     * Whether each token must be bound to a key: those of `issueTokens` and of all issuers. Otherwise a token that is bound
     * needs its key, and others are bearer tokens. `dpopRequired` of an issuer and of a route is the same for these alone.
     *
     * @defaultValue false
     */
    required?: boolean;
    /**
     * The allowed signature algorithms of proofs.
     *
     * @defaultValue ['ES256', 'Ed25519', 'EdDSA']
     */
    algorithms?: readonly DpopAlgorithm[];
    /**
     * The age of a proof at most, by its `iat`, plus `jwt.clockTolerance` in both directions. With `nonce` it is the age of
     * the nonce, and twice as much at most. **Seconds**, or a text with a unit. From 1 second to 1 hour.
     *
     * @defaultValue '1m'
     */
    maxAge?: number | string;
    /**
     * Whether each proof needs a nonce of this service, so that none can be made in advance, and clocks need not agree.
     * Responses have the next one in `DPoP-Nonce`; a proof without gets 401 with `use_dpop_nonce`.
     *
     * @defaultValue false
     */
    nonce?: boolean;
    /**
     * The secret from which the nonces of all processes are made: at least 32 random bytes. Set it if the keys of tokens
     * change while processes run.
     *
     * @defaultValue Derived from the first `jwt.secret` or `jwt.key`; required with `nonce` if the app has neither
     */
    nonceSecret?: string | Secret;
    /**
     * How proofs are treated while Redis cannot tell whether one was used already: `closed` answers 503, `local` asks the
     * memory of the process, so that a stolen proof can be used once in each process.
     *
     * @defaultValue 'closed'
     */
    onStoreError?: 'closed' | 'local';
}

/**
 * The signature algorithms that can be allowed. `none` is not one of them. `EdDSA` and `Ed25519` are one algorithm, with
 * an older and a newer name (RFC 9864): each allows both.
 *
 * @example
 * const algorithms: readonly SignatureAlgorithm[] = ['RS256', 'ES256']
 */
type SignatureAlgorithm = 'HS256' | 'HS384' | 'HS512' | 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'Ed25519';
/**
 * The algorithms by which the app can sign: `EdDSA` is the name of Ed25519 there.
 *
 * @example
 * const algorithm: SigningAlgorithm = 'ES256'
 * await app.register(auth, { jwt: { key: process.env['JWT_KEY']!, algorithm } })
 */
type SigningAlgorithm = Exclude<SignatureAlgorithm, 'Ed25519'>;

/**
 * Token introspection (RFC 7662) at the issuer of opaque tokens.
 *
 * @example
 * const introspection: IntrospectionOptions = {
 *   endpoint: 'https://id.example.com/oauth2/introspect',
 *   clientId: 'orders',
 *   clientSecret: process.env['INTROSPECTION_SECRET']!
 * }
 * await app.register(auth, { jwt: { issuers: [{ issuer: 'https://id.example.com', audience: 'orders', introspection }] } })
 */
interface IntrospectionOptions {
    /**
     * The introspection endpoint: https, or http on loopback. No redirect is followed.
     *
     * @defaultValue none: required
     * @throws RangeError for plain http, and for credentials in the URL.
     */
    endpoint: string;
    /**
     * The client id that the issuer assigned to this service.
     *
     * @defaultValue none: required
     */
    clientId: string;
    /**
     * The client secret that the issuer assigned to this service. Sent with HTTP Basic authentication.
     *
     * @defaultValue none: required
     */
    clientSecret: string | Secret;
    /**
     * How long an introspection result is cached. A token revoked at the issuer stays valid until then. Never beyond the
     * token's `exp`; a rejection is cached for 5 seconds at most; 0 calls the issuer for each request. Milliseconds, 0 to
     * 3600000.
     *
     * @defaultValue 60000
     */
    cacheFor?: number;
    /**
     * The timeout of a call. Afterwards the request gets 503. Milliseconds, 1 to 60000.
     *
     * @defaultValue 3000
     */
    timeout?: number;
}

/**
 * Identity providers whose access tokens have a shape of their own.
 *
 * @example
 * const provider: ProviderName = 'keycloak'
 * const issuers = [{ provider, issuer: 'https://id.example.com/realms/shop', audience: 'shop' }]
 * await app.register(auth, { jwt: { issuers } })
 */
type ProviderName = 'auth0' | 'cognito' | 'entra' | 'google' | 'keycloak' | 'okta';

/**
 * An issuer of tokens other than the app. One of `jwksUrl`, `publicKey`, `secret` and `introspection` is required.
 *
 * @example
 * const auth0: IssuerOptions = {
 *   issuer: 'https://example.eu.auth0.com/',
 *   audience: 'orders',
 *   algorithms: ['RS256'],
 *   jwksUrl: 'https://example.eu.auth0.com/.well-known/jwks.json'
 * }
 * await app.register(auth, { jwt: { issuers: [auth0] } })
 */
interface IssuerOptions {
    /**
     * The `iss` claim, compared exactly.
     *
     * @defaultValue none: required
     * @throws RangeError for one that the tokens of `provider` cannot have, such as Auth0's without a slash at its end.
     */
    issuer: string;
    /**
     * The identity provider: sets `jwksUrl`, `algorithms` (RS256), `requiredClaims`, `rolesClaim` and `scopesClaim` to what
     * its access tokens need. Options beside it win. `google` is for identity tokens of service accounts.
     *
     * @defaultValue none: an issuer by RFC 9068
     */
    provider?: ProviderName;
    /**
     * The `aud` claim that its tokens must have for this app: one of these.
     *
     * @defaultValue none: required
     */
    audience: string | readonly string[];
    /**
     * The allowed signature algorithms. Symmetric ones only with `secret`, asymmetric ones only with public keys.
     *
     * @defaultValue none: required, except with `introspection` and `provider`
     * @throws RangeError for an algorithm that does not fit the kind of key.
     */
    algorithms?: readonly SignatureAlgorithm[];
    /**
     * The URL of its public keys, up to 4 MiB: https, or http on loopback. No redirect is followed.
     *
     * @defaultValue none: the keys are not fetched
     */
    jwksUrl?: string;
    /**
     * Its public keys in PEM, as text or as a Buffer.
     *
     * @defaultValue none: no fixed keys
     * @throws RangeError for a weak key, and for a key that verifies none of `algorithms`.
     */
    publicKey?: string | Buffer | readonly (string | Buffer)[];
    /**
     * A shared secret (HMAC), at least 32 bytes: text, a Buffer or a JSON Web Key.
     *
     * @defaultValue none: no shared secret
     */
    secret?: SymmetricKey;
    /**
     * Token introspection (RFC 7662), for opaque tokens. At most one issuer can have it. Without any issuer of JWTs it
     * gets all tokens, otherwise those that do not have the three parts of a JWT.
     *
     * @defaultValue none: tokens are JWTs
     */
    introspection?: IntrospectionOptions;
    /**
     * The `typ` header that its access tokens must have, such as `at+jwt`.
     *
     * @defaultValue none: `at+jwt`, `JWT` and no type are accepted, ID, refresh and logout tokens are rejected
     */
    type?: string;
    /**
     * Claims that tokens must have. If one of `client_id` (Amazon Cognito), `azp`, `cid` and `appid` is among them, it is
     * compared with `audience` in tokens without `aud`. With `nonce` or `at_hash` among them, these are no sign of an ID
     * token (Dex, whose access tokens have the form of one).
     *
     * @defaultValue `exp`, `iat` and `sub`; with `introspection` `aud` and `sub`
     */
    requiredClaims?: readonly string[];
    /**
     * The path of the roles: `realm_access.roles`, `cognito:groups`, `https://example.com/roles`.
     *
     * @defaultValue `roles`, or else `role`
     */
    rolesClaim?: string;
    /**
     * The path of the scopes, such as `permissions` (Auth0): a list, or a text with spaces between.
     *
     * @defaultValue `scope`, or else `scopes`, or else `scp`
     */
    scopesClaim?: string;
    /**
     * How long fetched keys count as current. Milliseconds, at least 1.
     *
     * @defaultValue 600000
     */
    jwksMaxAge?: number;
    /**
     * The shortest interval between two fetches because of an unknown key or a wrong signature. Milliseconds, at least 1.
     *
     * @defaultValue 30000
     */
    jwksCooldown?: number;
    /**
     * How long old keys are used while the issuer is down. Milliseconds, at least 1.
     *
     * @defaultValue 86400000
     */
    jwksMaxStale?: number;
    /**
     * The timeout of a fetch. Milliseconds, at least 1.
     *
     * @defaultValue 3000
     */
    jwksTimeout?: number;
    /**
     * Whether each of its tokens must be bound to a key by DPoP. Otherwise those that are not bound are bearer tokens.
     *
     * @defaultValue false
     * @throws RangeError without `jwt.dpop`.
     */
    dpopRequired?: boolean;
}

/**
 * Options of tokens. One of `secret`, `key` and `issuers` is required.
 *
 * @example
 * const jwt: JwtOptions = { secret: process.env['JWT_SECRET']!, issuer: 'shop', expiresIn: '15m' }
 * await app.register(auth, { jwt })
 */
interface JwtOptions {
    /**
     * Signs and verifies the app's tokens (HMAC): at least 32 random bytes, no placeholder, as text, as a Buffer or as a
     * JSON Web Key (`kty: 'oct'`). A list is a rotation: the
     * first secret signs, all verify. Put a new secret first and remove the old one after its tokens have expired.
     *
     * @defaultValue none: the app issues no HMAC tokens
     * @throws RangeError for a short secret, a placeholder or a PEM key, and beside `key`.
     */
    secret?: SymmetricKey | readonly SymmetricKey[];
    /**
     * Signs and verifies the app's tokens with a key pair: a private key in PEM, as text or as a Buffer, RSA of at least 2048
     * bits, P-256, P-384, P-521 or Ed25519. A list is a rotation, like `secret`.
     *
     * @defaultValue none: the app issues no tokens signed with a key pair
     * @throws RangeError for a weaker key, another kind of key, and beside `secret`.
     */
    key?: string | Buffer | Secret | readonly (string | Buffer | Secret)[];
    /**
     * The only algorithm of the app's tokens.
     *
     * @defaultValue `HS256` with `secret`, the algorithm of the key with `key` (`RS256` for RSA)
     * @throws RangeError for an algorithm that the secret or key cannot verify.
     */
    algorithm?: SigningAlgorithm;
    /**
     * The `iss` claim of the app's tokens, set and required. Use the service's name, so that two services that share a
     * secret by mistake reject each other's tokens.
     *
     * @defaultValue 'seaworthy'
     */
    issuer?: string;
    /**
     * The `aud` claim of the app's tokens, set and required.
     *
     * @defaultValue The value of `issuer`
     */
    audience?: string;
    /**
     * The lifetime of an access token. **Seconds**, as in OAuth and `@fastify/jwt`, or a text with a unit (`'15m'`). From
     * 1 second to 30 days.
     *
     * @defaultValue '1h'
     */
    expiresIn?: number | string;
    /**
     * The lifetime of a refresh token. Each use issues a new one, until `refreshMaxAge` ends the login. **Seconds**, or a
     * text with a unit. From 1 second to 366 days.
     *
     * @defaultValue '14d'
     */
    refreshExpiresIn?: number | string;
    /**
     * How long a login can be refreshed in total. **Seconds**, or a text with a unit. From 1 second to 366 days.
     *
     * @defaultValue '90d'
     */
    refreshMaxAge?: number | string;
    /**
     * How long a used refresh token returns its successor again, for parallel tabs. A later use ends the login on all
     * devices. Milliseconds, 0 to 60000.
     *
     * @defaultValue 10000
     */
    refreshGrace?: number;
    /**
     * Returns the current claims at each refresh, so that a removed role is gone. `null` rejects the refresh.
     *
     * @defaultValue none: the claims of the login are kept
     */
    refreshClaims?: (claims: Record<string, unknown>) => unknown;
    /**
     * The tolerated difference between clocks. **Milliseconds**, as in `@fastify/jwt`, 0 to 300000.
     *
     * @defaultValue 5000
     */
    clockTolerance?: number;
    /**
     * Issuers whose tokens are accepted besides the app's tokens: identity providers.
     *
     * @defaultValue none: only the app's tokens are accepted
     * @throws RangeError for two entries with the same `issuer`, or two with `introspection`.
     */
    issuers?: readonly IssuerOptions[];
    /**
     * How many verified tokens are cached; 0 verifies each time. Expiry and revocation are checked each time. Entries, 0
     * to 1000000.
     *
     * @defaultValue 1000
     */
    cache?: number;
    /**
     * The longest token that is verified. Bytes, 256 to 65536.
     *
     * @defaultValue 8192
     */
    maxLength?: number;
    /**
     * The cookie that has the token if there is no `Authorization` header.
     *
     * @defaultValue none: no cookie is read
     * @throws RangeError together with `csrf: false`: a browser sends the cookie for any site.
     */
    cookie?: string;
    /**
     * DPoP (RFC 9449): a token that is bound to a key is accepted only with a proof of that key, for the request and valid
     * once. `issueTokens` and `refresh` bind tokens to the key of their request. `false` switches it off.
     *
     * @defaultValue none: tokens are bearer tokens
     */
    dpop?: DpopOptions | false;
}

/**
 * Options of the auth plugin. A feature without options is not loaded.
 *
 * @example
 * const options: AuthOptions = {
 *   jwt: { secret: process.env['JWT_SECRET']! },
 *   roles: { admin: ['editor'], editor: [] },
 *   defaultDeny: true
 * }
 * await app.register(auth, options)
 */
interface AuthOptions {
    /**
     * Tokens of the app and of identity providers. `false` leaves them to the app.
     *
     * @defaultValue none: no tokens
     */
    jwt?: JwtOptions | false;
    /**
     * Sessions in an encrypted cookie, which the server can end. `false` leaves them to the app.
     *
     * @defaultValue none: no sessions
     */
    session?: SessionOptions | false;
    /**
     * Logins through identity providers, by name: `{ google: { … }, github: { … } }`.
     *
     * @defaultValue none: no such logins
     */
    oauth2?: Record<string, OAuthOptions> | false;
    /**
     * API keys.
     *
     * @defaultValue none: no API keys
     */
    apiKeys?: ApiKeyOptions | false;
    /**
     * Roles and the roles that each includes: `{ admin: ['editor'], editor: [] }`, or only their names. A route with any
     * other role then stops the start.
     *
     * @defaultValue none: any name is a role
     * @throws RangeError for a cycle, and for an included role that does not exist.
     */
    roles?: RolesOption;
    /**
     * Policies for routes, by name: `{ owner: (request, { identity }) => … }`.
     *
     * @defaultValue none: routes have only policies of their own
     */
    policies?: Policies;
    /**
     * Revocation of tokens before they expire.
     *
     * @defaultValue The defaults of its members
     */
    revocation?: RevocationOptions;
    /**
     * Rejects writes that another site makes a browser send.
     *
     * @defaultValue On with `session` and `jwt.cookie`
     */
    csrf?: CsrfOptions | false;
    /**
     * Password logins: cost of the hash, backoff.
     *
     * @defaultValue The defaults of its members
     */
    login?: LoginOptions;
    /**
     * Whether a route without an access rule stops the start. A rule is `config.auth`, `app.authenticate` or
     * `app.authorize(…)`, as a hook of the route or of its scope; public routes have `config: { auth: false }`. Probes and
     * metrics need no rule. A function of the app's that calls `app.authenticate` is not a rule.
     *
     * @defaultValue false
     */
    defaultDeny?: boolean;
    /**
     * `report` allows requests that roles, scopes and policies would deny, and logs and counts them as `would_deny`;
     * routes that `defaultDeny` would stop the start for are logged. Authentication is always enforced. `config.auth.mode` sets it for one route.
     *
     * @defaultValue 'enforce'
     */
    mode?: 'enforce' | 'report';
    /**
     * The realm in `WWW-Authenticate`: letters, digits, spaces and `._:/-`.
     *
     * @defaultValue 'api'
     */
    realm?: string;
    /**
     * An ioredis client. Processes then share revocations, refresh tokens, sessions and failed logins.
     *
     * @defaultValue none: each process has its own, in memory
     */
    redis?: RedisClient;
    /**
     * The prefix of every key in Redis. It differs for each service, so that services on one Redis do not end each other's
     * logins. Keep the braces: they keep the keys on one node of a cluster. Without this option a second registration in the
     * app has `2:` behind it, unless the two have a secret in common.
     *
     * @defaultValue `seaworthy:{auth:NAME}:`, where NAME is `jwt.issuer`, else `OTEL_SERVICE_NAME`, else the name of the
     * service's package
     */
    redisPrefix?: string;
    /**
     * The timeout of a call to Redis. Milliseconds, 10 to 10000.
     *
     * @defaultValue 250
     */
    storeTimeout?: number;
    /**
     * How long the app's functions `jwt.refreshClaims`, `apiKeys.find` and `oauth2.<name>.onLogin` may take. Afterwards the
     * request gets 503 `AUTH_CALLBACK_TIMEOUT`; the function itself is not stopped. Keep it below `jwt.refreshGrace`, so that
     * a client can repeat a refresh. Milliseconds, 10 to 300000.
     *
     * @defaultValue 5000
     */
    callbackTimeout?: number;
    /**
     * Called for each decision and change, besides log and metrics; its errors are logged. No event has a token, cookie or
     * password.
     *
     * @defaultValue none: only log and metrics
     */
    onAudit?: (event: AuditEvent, request: FastifyRequest | undefined) => void;
}

/** Security schemes of a document, by name. */
type SecuritySchemes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * The argument of a `transform` of @fastify/swagger.
 *
 * @example
 * const transform = ({ schema, url }: OpenApiRoute) => ({ schema: { ...schema, tags: ['api'] }, url })
 * app.auth.openApi({ transform })
 */
interface OpenApiRoute {
    schema: FastifySchema;
    url: string;
    route: RouteOptions;
    openapiObject?: object;
    swaggerObject?: object;
}
/**
 * A `transform` of @fastify/swagger.
 *
 * @example
 * const transform: OpenApiTransform = app.auth.openApi().transform
 */
type OpenApiTransform = (route: OpenApiRoute) => {
    schema: FastifySchema;
    url: string;
};
/**
 * Options of `app.auth.openApi`.
 *
 * @example
 * const options: OpenApiOptions = {
 *   securitySchemes: { jwt: { type: 'openIdConnect', openIdConnectUrl: 'https://id.example.com/.well-known/openid-configuration' } }
 * }
 * console.log(app.auth.openApi(options))
 */
interface OpenApiOptions {
    /**
     * The app's own `transform`. It runs first.
     *
     * @defaultValue none
     */
    transform?: OpenApiTransform;
    /**
     * Security schemes instead of those that the plugin's options describe, by their names: `jwt`, `jwtCookie`, `apiKey`,
     * `session`. OpenAPI 3.0 has scopes only for the types `oauth2` and `openIdConnect`.
     *
     * @defaultValue `{}`: a bearer token, a header and cookies
     */
    securitySchemes?: SecuritySchemes;
    /**
     * The schema of 401 and 403, where a route's `response` has none, as a route has it: a JSON schema, or
     * `errorResponses(401)['401']` of `@seaworthy/errors`.
     *
     * @defaultValue none: their bodies are not described
     */
    errorSchema?: object;
}

/**
 * A request of any server (also HTTP/2), logger and type provider. It lacks the members that differ between them: from
 * the whole type TypeScript would infer a route's schema and ignore the type provider.
 *
 * @example
 * const sessionOf = (request: AnyRequest) => app.auth.sessions.idOf(request)
 * app.get('/session', async (request) => sessionOf(request))
 */
type AnyRequest = Omit<FastifyRequest, 'raw' | 'req' | 'server' | 'log' | 'routeOptions' | 'socket'>;
/**
 * A reply of any server, logger and type provider.
 *
 * @example
 * const deny = (reply: AnyReply) => reply.code(403).send('not today')
 */
interface AnyReply {
    readonly sent: boolean;
    statusCode: number;
    code(status: number): AnyReply;
    status(status: number): AnyReply;
    send(payload?: unknown): AnyReply;
}

/**
 * A hook of a route. It works with `done` and, called by hand, as a promise.
 *
 * @example
 * const onRequest: AuthHook = app.authorize('admin', 'editor')
 * app.put('/posts/:id', { onRequest }, async () => 'saved')
 */
type AuthHook = {
    hook(request: AnyRequest, reply: AnyReply, done: (error?: Error) => void): void;
    hook(request: AnyRequest, reply: AnyReply): Promise<void>;
}['hook'];

/**
 * One scheme, any of several (a list is the same), or all of them.
 *
 * @example
 * const schemes: SchemeExpression = { any: ['session', { all: ['apiKey', 'jwt'] }] }
 * app.get('/report', { config: { auth: { schemes } } }, async () => 'report')
 */
type SchemeExpression = SchemeName | readonly SchemeExpression[] | {
    readonly any: readonly SchemeExpression[];
} | {
    readonly all: readonly SchemeExpression[];
};

/**
 * The access rule of a route. A request must meet all its members.
 *
 * @example
 * const rule: AuthRule = { schemes: { any: ['session', 'jwt'] }, roles: 'editor', scopes: ['posts:write'] }
 */
interface AuthRule {
    /**
     * The schemes that can authenticate the request.
     *
     * @defaultValue Any configured scheme
     */
    schemes?: SchemeExpression;
    /**
     * Roles of which one is required, or a role that includes one.
     *
     * @defaultValue none: no role is required
     */
    roles?: RoleName | readonly RoleName[];
    /**
     * Scopes that are all required.
     *
     * @defaultValue none: no scope is required
     */
    scopes?: ScopeName | readonly ScopeName[];
    /**
     * Policies that must all allow the request, by name or as functions. They run before validation.
     *
     * @defaultValue none: no policy is evaluated
     */
    policies?: PolicyName | Policy | readonly (PolicyName | Policy)[];
    /**
     * Policies that need the validated input, such as whether the requested object belongs to the user.
     *
     * @defaultValue none: no policy is evaluated
     */
    owner?: PolicyName | Policy | readonly (PolicyName | Policy)[];
    /**
     * The authentication context that the user must have had: one of these values of the claim `acr`. Otherwise the request
     * gets 401 with the challenge of RFC 9470, which names them.
     *
     * @defaultValue none: any
     */
    acr?: string | readonly string[];
    /**
     * The methods by which the user must have authenticated, such as `mfa` or `hwk`: all of these are in the claim `amr`.
     *
     * @defaultValue none: any
     */
    amr?: string | readonly string[];
    /**
     * How long ago the user may have authenticated at most, by the claim `auth_time` or the login of the session; an API key
     * never has. **Seconds**, as in OpenID Connect, or a text with a unit (`'5m'`). From 1 second to 366 days.
     *
     * @defaultValue none: any time
     */
    maxAge?: number | string;
    /**
     * Whether the request needs a token that is bound to a key, with its proof (DPoP, RFC 9449): a session or an API key
     * is not enough.
     *
     * @defaultValue false
     * @throws RangeError without `jwt.dpop`.
     */
    dpopRequired?: boolean;
    /**
     * Allows requests without credentials, with `request.user` null. Invalid credentials are still rejected.
     *
     * @defaultValue false
     */
    optional?: boolean;
    /**
     * Like the plugin's option `mode`.
     *
     * @defaultValue The plugin's option `mode`
     */
    mode?: 'enforce' | 'report';
}
/**
 * The access rule of a route, with one member at least: a key that does not exist is an error.
 *
 * @example
 * const writers: RouteAuth = { roles: ['admin', 'editor'] }
 * app.put('/posts/:id', { config: { auth: writers } }, async () => 'saved')
 */
type RouteAuth = AtLeastOne<AuthRule>;
interface AuthRouteConfig {
    /** The access rule: `true` for all authenticated users, `false` for everyone, or an object for more. */
    auth?: Overridable<this, boolean | RouteAuth>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends AuthRouteConfig {
    }
}

/**
 * The access rules of one route.
 *
 * @example
 * const open = app.auth.matrix().filter(({ access }: MatrixRow) => access === 'public')
 * console.log(open.map(({ method, url }) => `${method} ${url}`).join('\n'))
 */
interface MatrixRow {
    method: string;
    url: string;
    /** `unmarked`: the route has no rule, so all requests are allowed. */
    access: 'public' | 'optional' | 'authenticated' | 'restricted' | 'operational' | 'unmarked';
    schemes: string;
    roles: readonly string[];
    /** The roles that open the route, those that include one of `roles` too: one of each list is required. */
    grants: readonly (readonly string[])[];
    scopes: readonly string[];
    policies: readonly string[];
    owner: readonly string[];
    /** One of these is required. */
    acr: readonly string[];
    /** All of these are required. */
    amr: readonly string[];
    /** **Seconds** since the user authenticated, at most. */
    maxAge?: number;
    /** A token that is bound to a key is required. */
    dpopRequired?: boolean;
    /** Denials are only logged. */
    report: boolean;
}

/**
 * A session of a user, for a page that lists the devices.
 *
 * @example
 * const sessions: readonly ListedSession[] = await app.auth.sessions.list('ada')
 * for (const { id, expiresAt } of sessions) console.log(id, new Date(expiresAt))
 */
interface ListedSession extends SessionRecord {
    /** Milliseconds since 1970 at which it expires if it is not used. */
    readonly idleExpiresAt: number;
    /** Milliseconds since 1970 at which it expires although it is used. */
    readonly expiresAt: number;
}
/**
 * The sessions of users.
 *
 * @example
 * for (const { id, userAgent } of await app.auth.sessions.list('ada')) console.log(id, userAgent)
 * await app.auth.sessions.revokeAll('ada')
 */
interface Sessions {
    /** A user's sessions that have not ended, the newest login first. */
    list(subject: string): Promise<readonly ListedSession[]>;
    /** Ends one session, by its id or one that it had before: its cookie is not valid any more. */
    revoke(id: string, subject?: string): Promise<void>;
    /** Ends all sessions of a user that began before, except `except`. */
    revokeAll(subject: string, except?: string): Promise<void>;
    /** The id of the request's session. */
    idOf(request: AnyRequest): string | undefined;
    /** Gives the session a new id with this response. A change of user or roles does so too. */
    rotate(request: AnyRequest): void;
    /**
     * Notes that the user of the session has authenticated again, now, for routes with `maxAge`, `acr` or `amr`. The session
     * gets a new id.
     */
    stepUp(request: AnyRequest, how?: {
        acr?: string;
        amr?: readonly string[];
    }): void;
}

/**
 * The codes of {@link AuthError}. Those with `FST_JWT_` are `@fastify/jwt`'s, for `request.jwtVerify()`.
 *
 * @example
 * const retryable: readonly AuthErrorCode[] = ['AUTH_STORE_UNAVAILABLE', 'AUTH_KEYS_UNAVAILABLE']
 */
type AuthErrorCode = 'AUTH_CALLBACK_TIMEOUT' | 'AUTH_CROSS_SITE' | 'AUTH_DPOP_REQUIRED' | 'AUTH_FORBIDDEN' | 'AUTH_INSUFFICIENT_AUTHENTICATION' | 'AUTH_INTROSPECTION_UNAVAILABLE' | 'AUTH_INVALID_API_KEY' | 'AUTH_INVALID_CREDENTIALS' | 'AUTH_INVALID_DPOP_PROOF' | 'AUTH_INVALID_TOKEN' | 'AUTH_KEYS_UNAVAILABLE' | 'AUTH_LOGIN_INVALID' | 'AUTH_LOGIN_REJECTED' | 'AUTH_LOGINS_BUSY' | 'AUTH_LOGOUT_FAILED' | 'AUTH_LOGOUT_TOKEN_INVALID' | 'AUTH_NOT_CONFIGURED' | 'AUTH_PROVIDER_UNAVAILABLE' | 'AUTH_REFRESH_INVALID' | 'AUTH_REQUIRED' | 'AUTH_SESSION_TOO_LARGE' | 'AUTH_STATE_INVALID' | 'AUTH_STORE_UNAVAILABLE' | 'AUTH_TOKEN_EXPIRED' | 'AUTH_TOKEN_REVOKED' | 'AUTH_TOO_MANY_ATTEMPTS' | 'AUTH_TOO_MANY_SESSIONS' | 'AUTH_UNMARKED_ROUTE' | 'AUTH_USE_DPOP_NONCE' | 'FST_JWT_AUTHORIZATION_TOKEN_EXPIRED' | 'FST_JWT_AUTHORIZATION_TOKEN_INVALID' | 'FST_JWT_AUTHORIZATION_TOKEN_UNTRUSTED' | 'FST_JWT_NO_AUTHORIZATION_IN_HEADER';
/**
 * The error of every request that this package rejects. Recognise it by `code`; the message may be shown, `cause` may
 * not.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof AuthError && error.code === 'AUTH_TOKEN_EXPIRED') return reply.code(401).send({ refresh: true })
 *   throw error
 * })
 */
declare class AuthError extends PluginError<AuthErrorCode> {
}

/**
 * The tokens of a login, named as in OAuth.
 *
 * @example
 * const { accessToken, expiresIn }: TokenPair = await app.auth.issueTokens({ sub: 'ada' })
 * console.log(accessToken, `is valid for ${expiresIn} seconds`)
 */
interface TokenPair {
    accessToken: string;
    refreshToken: string;
    /** `DPoP` if the tokens are bound to the key of the client. */
    tokenType: 'Bearer' | 'DPoP';
    /** The lifetime of the access token in **seconds**. */
    expiresIn: number;
}

/**
 * The argument of `app.auth.rotateKeys`: new keys, of the kinds that the options have. A key that is left out stays.
 *
 * @example
 * const next: NewKeys = { jwt: process.env['NEXT_JWT_SECRET']! }
 * await app.auth.rotateKeys(next)
 */
interface NewKeys {
    /** For `jwt.secret` a secret, for `jwt.key` a private key in PEM. */
    jwt?: SymmetricKey | undefined;
    /** For `session.key` a key, for `session.secret` a secret. */
    session?: string | Secret | Buffer | undefined;
}

/**
 * The argument of `app.auth.revoke`: a token, a login (session or refresh token), or everything of a user. `issuer` is
 * `request.identity.issuer`: ids of two issuers are not the same, even if they are equal. Without it the id is the app's
 * own, or that of the only issuer if the app issues no tokens.
 *
 * @example
 * const everywhere: Revocable = { user: 'ada' }
 * await app.auth.revoke(everywhere)
 */
type Revocable = {
    token: string;
} | {
    jti: string;
    issuer?: string | undefined;
} | {
    session: string;
    issuer?: string | undefined;
} | {
    refreshToken: string;
} | {
    user: string;
    issuer?: string | undefined;
};
/**
 * `app.auth`. A member whose option is not set throws when it is used, with the name of the option.
 *
 * @example
 * const { accessToken, refreshToken } = await app.auth.issueTokens({ sub: 'ada', roles: ['editor'] })
 * await app.auth.refresh(refreshToken)
 * await app.auth.revoke({ token: accessToken })
 */
interface AuthApi {
    /**
     * Starts a login: an access token with these claims and a refresh token. `sub` (or `id`) is required. With the request
     * of the login, the tokens are bound to the key of its DPoP proof (`jwt.dpop`), and end with the login at an identity
     * provider (`oauth2.<name>.logout`).
     */
    issueTokens(claims: Record<string, unknown>, request?: AnyRequest): Promise<TokenPair>;
    /**
     * Returns the next pair for a refresh token. One that is bound to a key needs the request, which proves it.
     *
     * @throws AuthError `AUTH_REFRESH_INVALID` (401).
     */
    refresh(refreshToken: string, request?: AnyRequest): Promise<TokenPair>;
    /** Revokes tokens and ends sessions, on all processes within a second. Rejects if Redis does not confirm it. */
    revoke(what: Revocable): Promise<void>;
    /**
     * Puts new keys first, as `jwt.secret`, `jwt.key`, `session.key` and `session.secret` do at the start. The ones before
     * verify what they have made, for as long as that is valid. Keys of the options that are in files rotate by themselves.
     *
     * @throws RangeError with the code `INVALID_OPTION` for a key that the options would not take; then no key changes.
     */
    rotateKeys(keys: NewKeys): Promise<void>;
    /** The access rules of all routes. */
    matrix(): MatrixRow[];
    /** The matrix as text. */
    printMatrix(): string;
    /**
     * The option `transform` of @fastify/swagger: security schemes, scopes, 401 and 403 by the same rules as the matrix.
     * `app.register(swagger, { openapi: { … }, ...app.auth.openApi() })`
     */
    openApi(options?: OpenApiOptions): {
        transform: OpenApiTransform;
    };
    /** Hashes a password for storage. */
    hashPassword(password: string): Promise<string>;
    /** Whether a password matches its hash. It takes as long for users that do not exist (no hash). */
    verifyPassword(password: string, hash: string | null | undefined): Promise<boolean>;
    /** Whether a hash was made with another `login.cost` or `login.argon2id`, or by another program: hash the password again at the next login. */
    needsRehash(hash: string | null | undefined): boolean;
    /** Whether a password is in the list `login.breached`. `false` if the list does not answer. */
    isBreachedPassword(password: string): Promise<boolean>;
    /** Checks a login, with backoff by account and address. */
    verifyCredentials: VerifyCredentials;
    /** Creates API keys. */
    readonly apiKeys: ApiKeys;
    /** Lists and ends sessions. */
    readonly sessions: Sessions;
    /** The token for `x-csrf-token`, which the session stores. */
    csrfToken(request: AnyRequest): string;
}
interface AuthInstance {
    /** Tokens, sessions, passwords, API keys, and the access matrix. */
    auth: Overridable<this, AuthApi>;
    /** Rejects requests without valid credentials. Sets `request.user`. */
    authenticate: Overridable<this, AuthHook>;
    /** Like `authenticate`, and requires one of these roles. */
    authorize: Overridable<this, (...roles: (RoleName | readonly RoleName[])[]) => AuthHook>;
}
declare module 'fastify' {
    interface FastifyInstance extends AuthInstance {
    }
}

/**
 * JWT, sessions, OAuth2, API keys and roles for Fastify.
 *
 * @example
 * await app.register(auth, { jwt: { secret: process.env['JWT_SECRET']! } })
 * app.get('/me', { onRequest: app.authenticate }, async (request) => request.user)
 * app.delete('/users/:id', { onRequest: app.authorize('admin') }, async () => 'gone')
 */
declare const auth: FastifyPluginAsync<AuthOptions>;

/**
 * Attributes of a cookie, as in RFC 6265bis.
 *
 * @example
 * const options: CookieOptions = { path: '/', httpOnly: true, secure: true }
 * app.get('/theme', async (_request, reply) => reply.setCookie('theme', 'dark', options).send('set'))
 */
interface CookieOptions {
    /**
     * The domain whose subdomains get the cookie too.
     *
     * @defaultValue none: only the host that sets it
     */
    domain?: string;
    /** Encodes the value. Default `encodeURIComponent`. */
    encode?(value: string): string;
    /**
     * The time at which the browser drops the cookie. `maxAge` wins over it.
     *
     * @defaultValue none: when the browser closes
     */
    expires?: Date;
    /**
     * Whether scripts of the page cannot read the cookie.
     *
     * @defaultValue false
     */
    httpOnly?: boolean;
    /**
     * How long the browser keeps the cookie. **Seconds**, as in the cookie itself; 0 or below removes it at once.
     *
     * @defaultValue none: until the browser closes
     */
    maxAge?: number;
    /**
     * Whether an embedded page has its own copy for each site that embeds it (CHIPS). It needs `secure`.
     *
     * @defaultValue false
     */
    partitioned?: boolean;
    /**
     * The path below which the browser sends the cookie.
     *
     * @defaultValue none: the folder of the request's path
     */
    path?: string;
    /**
     * Which cookies Chromium drops first where a site has too many.
     *
     * @defaultValue none: `medium`
     */
    priority?: 'low' | 'medium' | 'high';
    /**
     * Whether requests from other sites carry the cookie. `true` means `strict`.
     *
     * @defaultValue none: browsers take `lax`
     */
    sameSite?: 'lax' | 'none' | 'strict' | boolean;
    /**
     * Whether the cookie goes only over https. `auto`: if this request came over https.
     *
     * @defaultValue false
     */
    secure?: boolean | 'auto';
    /**
     * Whether the value is signed. It needs a secret for cookies.
     *
     * @defaultValue false
     */
    signed?: boolean;
}
/**
 * The content of a signed cookie.
 *
 * @example
 * app.get('/visits', async (request) => {
 *   const cookie: UnsignedCookie = request.unsignCookie(request.cookies['visits'] ?? '')
 *   return cookie.valid ? cookie.value : '0'
 * })
 */
type UnsignedCookie = {
    valid: true;
    renew: boolean;
    value: string;
} | {
    valid: false;
    renew: false;
    value: null;
};
interface CookieInstance {
    /** Formats a cookie as the value of a `Set-Cookie` header. */
    serializeCookie: Overridable<this, (name: string, value: string, options?: CookieOptions) => string>;
    /** Parses a `Cookie` header. */
    parseCookie: Overridable<this, (header: string) => Record<string, string>>;
}
interface CookieRequest {
    /** The request's cookies, by name. */
    cookies: Overridable<this, Record<string, string | undefined>>;
}
interface CookieReply {
    /** Sets a cookie. */
    setCookie: Overridable<this, (name: string, value: string, options?: CookieOptions) => this>;
    /** The same as `setCookie`. */
    cookie: Overridable<this, (name: string, value: string, options?: CookieOptions) => this>;
    /** Removes a cookie. The attributes must be those with which it was set. */
    clearCookie: Overridable<this, (name: string, options?: CookieOptions) => this>;
}
interface CookieSigner {
    /** Signs a value with the secret of the cookies. `session` sets one. */
    signCookie: Overridable<this, (value: string) => string>;
    /** Checks a signed value. */
    unsignCookie: Overridable<this, (value: string) => UnsignedCookie>;
}
declare module 'fastify' {
    interface SignerMethods {
    }
    interface FastifyInstance extends CookieInstance, CookieSigning {
    }
    interface FastifyRequest extends CookieRequest, CookieSigning {
    }
    interface FastifyReply extends CookieReply, CookieSigning {
    }
}
type CookieSigning = 'signCookie' extends keyof SignerMethods ? SignerMethods : CookieSigner;

/**
 * The keys and values of the app's sessions. The value of any other key is `unknown`.
 *
 * @example
 * declare module '@seaworthy/auth' {
 *   interface SessionData {
 *     cart: string[]
 *   }
 * }
 * app.get('/cart', async (request) => request.session.get('cart') ?? [])
 */
interface SessionData {
}
/**
 * A key of a session: those of `SessionData`, and any other text.
 *
 * @example
 * const key: SessionKey = 'cart'
 * app.get('/cart', async (request) => request.session.get(key))
 */
type SessionKey = keyof SessionData | (string & {});
/**
 * The value of a session's key.
 *
 * @example
 * const language: SessionValue<'language'> = 'en'
 * app.post('/language', async (request) => request.session.set('language', language))
 */
type SessionValue<Key extends SessionKey> = Key extends keyof SessionData ? SessionData[Key] | undefined : unknown;
/**
 * A session's methods.
 *
 * @example
 * app.post('/logout', async (request) => request.session.delete())
 * app.post('/cart', async (request) => request.session.set('cart', ['book']))
 */
interface SessionMethods {
    /** Whether the session was changed, so that the response has its cookie. */
    changed: boolean;
    deleted: boolean;
    get<Key extends SessionKey>(key: Key): SessionValue<Key>;
    /** The key `user` has the user who is logged in. */
    set<Key extends SessionKey>(key: Key, value: SessionValue<Key>): void;
    /** All keys and values. */
    data(): Partial<SessionData> & Record<string, unknown>;
    /** Ends the session. */
    delete(): void;
    /** Sets attributes of this session's cookie. */
    options(options: CookieOptions): void;
    /** Sends the cookie although nothing has changed. */
    touch(): void;
    /** Removes all keys except these, and gives the session a new id. */
    regenerate(keep?: string[]): void;
}
/**
 * `request.session`, with the option `session`.
 *
 * @example
 * app.get('/cart', async (request) => {
 *   const session: Pick<Session, 'get'> = request.session
 *   return session.get('cart') ?? []
 * })
 */
type Session = SessionMethods & Partial<SessionData>;
interface SessionRequest {
    /** The browser's session, in an encrypted cookie. */
    session: Overridable<this, Session>;
}
interface SessionInstance {
    /** Makes a session without a request, for tests. */
    createSecureSession: Overridable<this, (data?: Record<string, unknown>) => Session>;
    /** Reads a session from a cookie's value. `null` if the cookie is not valid. */
    decodeSecureSession: Overridable<this, (cookie: string) => Promise<Session | null>>;
    /** Formats a session as a cookie's value. */
    encodeSecureSession: Overridable<this, (session: Session) => Promise<string>>;
}
declare module 'fastify' {
    interface FastifyInstance extends SessionInstance {
    }
    interface FastifyRequest extends SessionRequest {
    }
}

/**
 * The payload of a token: claims, or a text.
 *
 * @example
 * const payload: JwtPayload = { sub: 'ada', roles: ['editor'] }
 * app.jwt.sign(payload)
 */
type JwtPayload = string | object | Buffer;
/**
 * Options of signing, besides those of the option `jwt`.
 *
 * @example
 * const options: JwtSignOptions = { expiresIn: '5m' }
 * app.jwt.sign({ sub: 'ada' }, options)
 */
interface JwtSignOptions extends Omit<SignerOptions, 'expiresIn' | 'notBefore'> {
    /**
     * The lifetime. **Seconds**, at least 1, or a text with a unit: `'15m'`.
     *
     * @defaultValue none: `jwt.expiresIn`
     */
    expiresIn?: number | string;
    /**
     * The time until the token becomes valid. **Seconds**, at least 0, or a text with a unit.
     *
     * @defaultValue none: valid at once
     */
    notBefore?: number | string;
    /**
     * Another key for this token.
     *
     * @defaultValue none: the key of the option `jwt`
     */
    key?: string | Buffer;
}
/**
 * Options of verification, besides those of the option `jwt`.
 *
 * @example
 * const options: JwtVerifyOptions = { allowedSub: 'ada' }
 * app.jwt.verify(app.jwt.sign({ sub: 'ada' }), options)
 */
interface JwtVerifyOptions extends Omit<VerifierOptions, 'maxAge'> {
    /**
     * The highest age of a token, by its `iat`. **Seconds**, at least 1, or a text with a unit.
     *
     * @defaultValue none: only `exp` counts
     */
    maxAge?: number | string;
    /**
     * Whether the token is read only from the cookie.
     *
     * @defaultValue false
     */
    onlyCookie?: boolean;
    /**
     * Another key for this token.
     *
     * @defaultValue none: the keys of the option `jwt`
     */
    key?: string | Buffer;
}
/**
 * Options for one request's token.
 *
 * @example
 * const options: JwtRequestOptions = { verify: { allowedSub: 'ada' } }
 * app.get('/token', async (request) => app.jwt.lookupToken(request, options.verify))
 */
interface JwtRequestOptions {
    /**
     * Options of reading the token without verification.
     *
     * @defaultValue none: those of @fastify/jwt
     */
    decode?: DecoderOptions;
    /**
     * Options of verification, and where the token is read from.
     *
     * @defaultValue none: those of the option `jwt`
     */
    verify?: JwtVerifyOptions & {
        extractToken?: (request: FastifyRequest) => string | void;
    };
}
type Callback<Value> = (error: Error | null, value: Value) => void;
/**
 * `app.jwt`, if the app has a key (`jwt.secret` or `jwt.key`).
 *
 * @example
 * const token = app.jwt.sign({ sub: 'ada' }, { expiresIn: '5m' })
 * console.log(app.jwt.decode(token))
 */
interface Jwt {
    options: {
        decode: DecoderOptions;
        sign: JwtSignOptions;
        verify: JwtVerifyOptions;
    };
    cookie?: {
        cookieName: string;
        signed: boolean;
    };
    sign(payload: JwtPayload, options?: JwtSignOptions): string;
    sign(payload: JwtPayload, callback: Callback<string>): void;
    sign(payload: JwtPayload, options: JwtSignOptions, callback: Callback<string>): void;
    verify<Claims extends object | string = AuthUser>(token: string, options?: JwtVerifyOptions): Claims;
    verify<Claims extends object | string = AuthUser>(token: string, callback: Callback<Claims>): void;
    verify<Claims extends object | string = AuthUser>(token: string, options: JwtVerifyOptions, callback: Callback<Claims>): void;
    /** Reads a token without verifying it. */
    decode<Claims extends object | string = Record<string, unknown>>(token: string, options?: DecoderOptions): Claims | null;
    /** The text of the request's token. @throws Error if there is none. */
    lookupToken(request: AnyRequest, options?: JwtRequestOptions['verify']): string;
}
/**
 * `reply.jwtSign`.
 *
 * @example
 * app.get('/token', async (_request, reply) => ({ token: await reply.jwtSign({ sub: 'ada' }) }))
 */
interface JwtSign {
    (payload: JwtPayload, options?: JwtSignOptions | {
        sign?: JwtSignOptions;
    }): Promise<string>;
    (payload: JwtPayload, callback: Callback<string>): void;
    (payload: JwtPayload, options: JwtSignOptions | {
        sign?: JwtSignOptions;
    }, callback: Callback<string>): void;
}
/**
 * `request.jwtVerify`.
 *
 * @example
 * app.get('/me', async (request) => request.jwtVerify<{ sub: string }>())
 */
interface JwtVerify {
    <Claims extends object | string = AuthUser>(options?: JwtRequestOptions | JwtVerifyOptions): Promise<Claims>;
    <Claims extends object | string = AuthUser>(callback: Callback<Claims>): void;
    <Claims extends object | string = AuthUser>(options: JwtRequestOptions | JwtVerifyOptions, callback: Callback<Claims>): void;
}
/**
 * `request.jwtDecode`.
 *
 * @example
 * app.get('/claims', async (request) => request.jwtDecode())
 */
interface JwtDecode {
    <Claims extends object | string = Record<string, unknown>>(options?: JwtRequestOptions): Promise<Claims>;
    <Claims extends object | string = Record<string, unknown>>(callback: Callback<Claims>): void;
    <Claims extends object | string = Record<string, unknown>>(options: JwtRequestOptions, callback: Callback<Claims>): void;
}
interface TokenInstance {
    /** Signs and verifies single tokens. `app.auth.issueTokens` adds refresh tokens and revocation. */
    jwt: Overridable<this, Jwt>;
}
interface TokenRequest {
    /** The user of the request. `null` before authentication, and for an anonymous request on an optional route. */
    user: Overridable<this, AuthUser>;
    /** Accepts the tokens that `app.authenticate` accepts, and sets `request.user`. */
    jwtVerify: Overridable<this, JwtVerify>;
    /** Reads the request's token without verifying it. */
    jwtDecode: Overridable<this, JwtDecode>;
}
interface TokenReply {
    /** Signs a token. */
    jwtSign: Overridable<this, JwtSign>;
}
declare module 'fastify' {
    interface FastifyInstance extends TokenInstance {
    }
    interface FastifyRequest extends TokenRequest {
    }
    interface FastifyReply extends TokenReply {
    }
}

export { AuthError, auth, auth as default };
export type { AnyReply, AnyRequest, ApiKeyOptions, ApiKeyQuota, ApiKeyRecord, ApiKeyUse, ApiKeys, Argon2idOptions, AuditEvent, AuditType, AuthApi, AuthErrorCode, AuthHook, AuthOptions, AuthRule, AuthTypes, AuthUser, BreachedOptions, CookieOptions, Credentials, CsrfOptions, DpopAlgorithm, DpopOptions, Identity, IntrospectionOptions, IssuerOptions, Jwt, JwtDecode, JwtOptions, JwtPayload, JwtRequestOptions, JwtSign, JwtSignOptions, JwtVerify, JwtVerifyOptions, ListedSession, LoginOptions, LogoutOptions, MatrixRow, NewApiKey, NewKeys, OAuthEndpoints, OAuthOptions, OpenApiOptions, OpenApiRoute, OpenApiTransform, Policies, Policy, PolicyContext, PolicyName, ProviderIdentity, ProviderName, RedisClient, RedisSubscriber, Revocable, RevocationOptions, RoleName, RolesOption, RotatedApiKey, RouteAuth, SchemeExpression, SchemeName, ScopeName, Session, SessionCookie, SessionData, SessionKey, SessionMethods, SessionOptions, SessionRecord, SessionValue, Sessions, SignatureAlgorithm, SigningAlgorithm, SymmetricJwk, SymmetricKey, TokenPair, UnsignedCookie, VerifyCredentials };
