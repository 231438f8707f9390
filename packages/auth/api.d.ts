// @seaworthy/auth: index
import { FastifyRequest, FastifyReply, FastifyPluginAsync, SignerMethods, FastifyBaseLogger } from 'fastify';
import { DecoderOptions, SignerOptions, VerifierOptions } from 'fast-jwt';

/** What an API key stands for, as the app keeps it. The key itself is kept nowhere. */
interface ApiKeyRecord {
    /** SHA-256 of the key, as `app.auth.apiKeys.create()` gave it. */
    hash: string;
    /** Whose key it is. */
    sub: string;
    roles?: readonly string[];
    scopes?: readonly string[];
    /** When it ends, in **milliseconds** since 1970. */
    expiresAt?: number;
}
/** Options of API keys. */
interface ApiKeyOptions {
    /** Finds a key's record by its id, which is a part of the key. */
    find: (id: string) => ApiKeyRecord | null | undefined | Promise<ApiKeyRecord | null | undefined>;
    /**
     * What keys start with, so that scanners find leaked ones. Letters and digits.
     *
     * @defaultValue 'sk'
     */
    prefix?: string;
    /**
     * The request header that carries the key.
     *
     * @defaultValue 'x-api-key'
     */
    header?: string;
}

/** How a request proves who it is from. */
type SchemeName = 'jwt' | 'apiKey' | 'session';
/**
 * Who a request is from: the token's claims, the session's `user`, or what an API key stands for.
 * Add your own claims by declaration merging: `declare module '@seaworthy/auth' { interface AuthUser { email: string } }`.
 */
interface AuthUser {
    /** The subject: a user's id. */
    sub: string;
    /** Roles as tokens of this package carry them. */
    roles?: readonly string[];
    /** One role, as some tokens carry it. */
    role?: string;
    /** Claims are the issuer's own. */
    [claim: string]: unknown;
}
/** The outcome of a scheme. */
interface Identity {
    readonly scheme: SchemeName;
    readonly user: AuthUser;
    readonly subject: string | undefined;
    readonly roles: readonly string[];
    readonly scopes: readonly string[];
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
 * Marks the service's own routes (probes, metrics): no authentication, rate limit or load shedding, no log line.
 * Set by the plugin that adds the route, read by the others.
 */
type OperationalRoute = 'probe' | 'metrics';
interface OperationalConfig {
    /** The route serves the platform, not users: `probe` or `metrics`. Plugins then leave it alone. */
    operational?: Overridable<this, OperationalRoute>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends OperationalConfig {
    }
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
declare const Secret: new (value: string) => Secret;

/**
 * Names of the app: a name that is not among them is then a compile error, in routes and in the options.
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
/** A role: any name, or those of `AuthTypes`. */
type RoleName = NamesOf<'role'>;
/** A scope: any name, or those of `AuthTypes`. */
type ScopeName = NamesOf<'scope'>;
/** A policy of the option `policies`: any name, or those of `AuthTypes`. */
type PolicyName = NamesOf<'policy'>;

/** What a policy is told besides the request. */
interface PolicyContext {
    readonly identity: Identity;
    /** Whether the identity has one of these roles, or one that includes it. */
    hasRole(...roles: RoleName[]): boolean;
}
/** Decides on a request: only `true` lets it pass. It may read the database; what it throws is answered. */
type Policy = (request: FastifyRequest, context: PolicyContext) => boolean | Promise<boolean>;
/** Policies by name. */
type Policies = Readonly<Record<PolicyName, Policy>>;

/** One scheme, any of several (a list is the same), or all of them. */
type SchemeExpression = SchemeName | readonly SchemeExpression[] | {
    readonly any: readonly SchemeExpression[];
} | {
    readonly all: readonly SchemeExpression[];
};
/** Who may use a route. Every part that is given must hold. */
interface AuthRule {
    /** How it must be proved who asks. Default: any configured scheme. */
    schemes?: SchemeExpression;
    /** One of these roles, or one that includes it. */
    roles?: RoleName | readonly RoleName[];
    /** All of these scopes. */
    scopes?: ScopeName | readonly ScopeName[];
    /** All of these policies, by name or in place, before validation. */
    policies?: PolicyName | Policy | readonly (PolicyName | Policy)[];
    /** Policies that need the validated input: whether the thing asked for is the user's. */
    owner?: PolicyName | Policy | readonly (PolicyName | Policy)[];
    /** Lets requests without any credentials in, with `request.user` null. Bad credentials are still refused. */
    optional?: boolean;
    /** See `mode` of the plugin's options, which is the default. */
    mode?: 'enforce' | 'report';
}
/** Who may use a route, with one demand at least: a key that does not exist is an error. */
type RouteAuth = AtLeastOne<AuthRule>;

/** A new key: show `key` once, keep `id` and `hash`. */
interface NewApiKey {
    key: string;
    id: string;
    hash: string;
}
interface ApiKeys {
    /** Makes a key. Nothing is stored: keep `id` and `hash` where `find` looks. */
    create(): NewApiKey;
}

/** What an event is about. */
type AuditType = 'access' | 'csrf' | 'login' | 'provider_login' | 'token_issued' | 'token_refreshed' | 'refresh_reused' | 'revoked' | 'session_started' | 'session_ended';
/** One decision or change. It never holds a token, cookie, key or password. */
interface AuditEvent {
    readonly type: AuditType;
    /** `allowed`, `unauthenticated`, `denied`, `would_deny`, `unavailable`, … */
    readonly outcome: string;
    readonly scheme?: SchemeName | 'password' | 'oauth2' | 'none' | undefined;
    /** The error's code, where it was refused. */
    readonly code?: string | undefined;
    readonly subject?: string | undefined;
    /** The route's pattern. */
    readonly route?: string | undefined;
    readonly method?: string | undefined;
    readonly ip?: string | undefined;
    readonly correlationId?: string | undefined;
}

/** Options of password logins. */
interface LoginOptions {
    /**
     * Failures at an account from one address (IPv6: one /64) before it has to wait. 1 to 1000.
     *
     * @defaultValue 5
     */
    attempts?: number;
    /**
     * The first wait, in **milliseconds**; it doubles with each further failure.
     *
     * @defaultValue 1000
     */
    delay?: number;
    /**
     * The longest wait, in **milliseconds**. Accounts are never locked for good: that would let anyone lock anyone out.
     *
     * @defaultValue 300000
     */
    maxDelay?: number;
    /**
     * How many times `attempts` may fail at an account from all addresses together before everyone has to wait there:
     * many, or anyone could keep the owner out. 1 to 1000.
     *
     * @defaultValue 10
     */
    accountFactor?: number;
    /**
     * How many times `attempts` an address may fail at all accounts together. 1 to 1000.
     *
     * @defaultValue 10
     */
    addressFactor?: number;
    /**
     * The cost of a password's hash: scrypt with N = 2^cost, r = 8, p = 3. Memory is 2^cost KiB. 14 to 20.
     *
     * @defaultValue 15
     */
    cost?: number;
}

/** A session as the server knows it. */
interface SessionRecord {
    readonly id: string;
    readonly subject: string;
    /** Milliseconds since 1970. */
    readonly createdAt: number;
    readonly lastSeen: number;
    readonly ip?: string | undefined;
    readonly userAgent?: string | undefined;
}

/** A login with a password. */
interface Credentials<User> {
    /** What the user typed: an address or a name. */
    account: string;
    password: string;
    /** Finds the user; `passwordHash` is what `app.auth.hashPassword` gave. */
    find: (account: string) => User | null | undefined | Promise<User | null | undefined>;
}
/** Checks a login. @throws AuthError `AUTH_INVALID_CREDENTIALS` (401), `AUTH_TOO_MANY_ATTEMPTS` (429). */
type VerifyCredentials = <User extends {
    passwordHash: string | null | undefined;
}>(request: FastifyRequest, credentials: Credentials<User>) => Promise<User>;

/** Who may use one route. */
interface MatrixRow {
    method: string;
    url: string;
    /** `unmarked`: nothing says who may use it, so everyone may. */
    access: 'public' | 'optional' | 'authenticated' | 'restricted' | 'operational' | 'unmarked';
    schemes: string;
    roles: readonly string[];
    scopes: readonly string[];
    policies: readonly string[];
    owner: readonly string[];
    /** Refusals are only logged. */
    report: boolean;
}

/** How an issuer is asked about its opaque tokens (RFC 7662). */
interface IntrospectionOptions {
    /** Where it is asked: https, or http on loopback. No redirect is followed. */
    endpoint: string;
    /** What the issuer calls this service. */
    clientId: string;
    /** What the issuer knows this service by. Sent with HTTP Basic authentication. */
    clientSecret: string | Secret;
    /**
     * How long an answer holds, in **milliseconds**: so long a token that the issuer has ended is still taken. Never
     * beyond the token's `exp`; that a token does not hold is remembered for 5 seconds at most. 0 asks with every
     * request. 0 to 3600000 (an hour).
     *
     * @defaultValue 60000
     */
    cacheFor?: number;
    /**
     * How long the issuer may take for one answer, in **milliseconds**. Afterwards the request gets 503. 1 to 60000.
     *
     * @defaultValue 3000
     */
    timeout?: number;
}

/** Signature algorithms that may be allowed. `none` is not among them. */
type SignatureAlgorithm = 'HS256' | 'HS384' | 'HS512' | 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';

/** An issuer of tokens other than the app. */
interface IssuerOptions {
    /** The `iss` claim, compared exactly. */
    issuer: string;
    /** The `aud` claim that its tokens must have for this app: one of these. */
    audience: string | readonly string[];
    /** Allowed signature algorithms, needed but with `introspection`. Never symmetric and asymmetric ones together. */
    algorithms?: readonly SignatureAlgorithm[];
    /**
     * Where its keys are: https, or http on loopback. One of `jwksUrl`, `publicKey`, `secret` and
     * `introspection` is needed.
     */
    jwksUrl?: string;
    /** Its public keys in PEM. */
    publicKey?: string | readonly string[];
    /** A shared secret (HMAC), at least 32 bytes. */
    secret?: string | Secret;
    /**
     * Asks the issuer about each token: for opaque ones (RFC 7662). One issuer may have it. It gets all tokens where no
     * JWTs are taken, else those that don't have the three parts of a JWT.
     */
    introspection?: IntrospectionOptions;
    /**
     * The `typ` header that its access tokens must have: `at+jwt`. Without it that, `JWT` or none will do, and a token that
     * says that it is an ID, refresh or logout token is refused.
     */
    type?: string;
    /** Claims that must be there. Default `exp`, `iat` and `sub`, with `introspection` `aud` and `sub`. */
    requiredClaims?: readonly string[];
    /** Where the roles are: `realm_access.roles`. Default: `roles`, or else `role`. */
    rolesClaim?: string;
    /** **Milliseconds** for which keys are taken as current. Default 600000 (10 minutes). */
    jwksMaxAge?: number;
    /** **Milliseconds** between two fetches because of an unknown key. Default 30000. */
    jwksCooldown?: number;
    /** **Milliseconds** for which old keys serve while the issuer is down. Default 86400000 (a day). */
    jwksMaxStale?: number;
    /** **Milliseconds** that a fetch may take. Default 3000. */
    jwksTimeout?: number;
}

/** Options of tokens. One of `secret`, `key` and `issuers` is needed. */
interface JwtOptions {
    /**
     * Signs and verifies the app's own tokens (HMAC). At least 32 bytes, no placeholder. A list is a rotation: the
     * first signs, all verify, so put the new one first and take the old one out once its tokens have expired.
     */
    secret?: string | Secret | readonly (string | Secret)[];
    /**
     * Signs and verifies the app's own tokens with a key pair instead: a private key in PEM, RSA of at least
     * 2048 bits, P-256, P-384, P-521 or Ed25519. A list is a rotation, like `secret`.
     */
    key?: string | Secret | readonly (string | Secret)[];
    /**
     * The one algorithm of the app's own tokens.
     *
     * @defaultValue `HS256` with `secret`, what the key is made for with `key` (RS256 for RSA)
     */
    algorithm?: SignatureAlgorithm;
    /**
     * Who issues the app's own tokens: the `iss` claim that is stamped and demanded. Name your service, so that two
     * services that share a secret by mistake still don't take each other's tokens.
     *
     * @defaultValue 'seaworthy'
     */
    issuer?: string;
    /**
     * Whom the app's own tokens are for: the `aud` claim that is stamped and demanded.
     *
     * @defaultValue the `issuer`
     */
    audience?: string;
    /**
     * How long an access token holds, in **seconds** as in OAuth, or a number with a unit: `'15m'`, `'1h'`.
     * From 1 second to 30 days.
     *
     * @defaultValue '1h'
     */
    expiresIn?: number | string;
    /**
     * How long a refresh token holds, in **seconds** or with a unit. Each use starts it again; the login as a whole
     * ends after `refreshMaxAge`.
     *
     * @defaultValue '14d'
     */
    refreshExpiresIn?: number | string;
    /**
     * How long a login may be refreshed at all, in **seconds** or with a unit.
     *
     * @defaultValue '90d'
     */
    refreshMaxAge?: number | string;
    /**
     * For how long, in **milliseconds**, a refresh token that has just been used gives the same successor again: for
     * parallel tabs. Afterwards its use ends the login everywhere. 0 to 60000.
     *
     * @defaultValue 10000
     */
    refreshGrace?: number;
    /** Reads the claims anew at each refresh, so that a role taken away is gone. `null` refuses the refresh. */
    refreshClaims?: (claims: Record<string, unknown>) => unknown;
    /**
     * Clocks may differ by this much, in **seconds**. 0 to 300.
     *
     * @defaultValue 5
     */
    clockTolerance?: number;
    /** Issuers whose tokens are taken besides the app's own: identity providers. */
    issuers?: readonly IssuerOptions[];
    /**
     * How many verified tokens are remembered; 0 verifies every time. Expiry and revocation are looked at each time.
     *
     * @defaultValue 1000
     */
    cache?: number;
    /**
     * The longest token that is looked at, in **bytes**. 256 to 65536.
     *
     * @defaultValue 8192
     */
    maxLength?: number;
    /** Takes the token from this cookie where there is no `Authorization` header. Needs `csrf`. */
    cookie?: string;
}

/** Whom an identity provider vouches for. `issuer` and `subject` together are the identity; an address never is. */
interface ProviderIdentity {
    /** The provider's name in the options. */
    readonly provider: string;
    readonly issuer: string;
    readonly subject: string;
    /** Only where the provider says that it has verified it: the one that may link accounts. */
    readonly verifiedEmail: string | undefined;
    readonly name: string | undefined;
    /** All that the provider said. */
    readonly claims: Readonly<Record<string, unknown>>;
    readonly accessToken: string;
}
/** Where a provider without discovery (OAuth 2 alone) has its endpoints. */
interface OAuthEndpoints {
    authorizeHost: string;
    authorizePath: string;
    tokenHost: string;
    tokenPath: string;
}
/** A login through one identity provider. */
interface OAuthOptions {
    /** OpenID Connect: the issuer, whose metadata is discovered. https, or http on loopback. */
    issuer?: string;
    /** OAuth 2 without discovery: the endpoints, or `github`. `profile` then says who it is. */
    endpoints?: OAuthEndpoints | 'github';
    /** Who an access token of a provider without discovery belongs to. There is one for `github`. */
    profile?: (accessToken: string) => Promise<Omit<ProviderIdentity, 'provider' | 'issuer' | 'accessToken'>>;
    /** What the provider calls this service. */
    clientId: string;
    /** What the provider knows this service by. */
    clientSecret: string | Secret;
    /** Where the provider sends the browser back, as registered there. https, http only on loopback. */
    callbackUrl: string;
    /** Default `openid email profile`, for `github` `read:user user:email`. */
    scope?: string;
    /** The route that starts the login. Default `/login/<name>`. */
    startPath?: string;
    /** Where the browser goes afterwards, unless `?returnTo=` said so. Default `/`. */
    returnTo?: string;
    /**
     * Finds or makes the user. What it gives becomes the session's `user`, and the browser goes to `returnTo`;
     * with a reply sent, it has done all itself; with nothing given, nobody is logged in. Throw to refuse.
     */
    onLogin: (identity: ProviderIdentity, request: FastifyRequest, reply: FastifyReply) => unknown;
}

/** Attributes of the session's cookie. */
interface SessionCookie {
    path?: string;
    httpOnly?: boolean;
    /** `false` only for development over plain http; the cookie then loses its `__Host-` name. */
    secure?: boolean;
    sameSite?: 'strict' | 'lax' | 'none' | boolean;
    /** **Seconds**, as in the cookie. */
    maxAge?: number;
    domain?: string;
}
/** Options of sessions. One of `key` and `secret` is needed. */
interface SessionOptions {
    /** Encrypts the cookie: 32 random bytes, in base64 or as a Buffer. A list is a rotation: the first encrypts. */
    key?: string | Secret | Buffer | readonly (string | Secret | Buffer)[];
    /** Derives the key from a secret of at least 32 bytes. Takes seconds and 256 MiB at start: prefer `key`. */
    secret?: string | Secret;
    /** For `secret`: 16 bytes. */
    salt?: string | Secret | Buffer;
    /** The cookie's name. Default `__Host-session`, `session` where the cookie can't have that name. */
    cookieName?: string;
    /** Attributes of the cookie: by default `/`, HttpOnly, Secure, SameSite=Lax. */
    cookie?: SessionCookie;
    /**
     * A session ends when it hasn't been used for so long, in **milliseconds**.
     *
     * @defaultValue 1800000
     */
    idleTimeout?: number;
    /**
     * A session ends this long after login, in **milliseconds**.
     *
     * @defaultValue 86400000
     */
    absoluteTimeout?: number;
    /**
     * When Redis can't be asked: `closed` answers 503 to whoever brings a session, `open` trusts the cookie.
     *
     * @defaultValue 'closed'
     */
    onStoreError?: 'closed' | 'open';
}
/** Options of the protection against cross-site requests. */
interface CsrfOptions {
    /** Other origins that may write: `https://app.example.com`. */
    trustedOrigins?: readonly string[];
    /**
     * What a write needs that says nothing of where it comes from (no `Sec-Fetch-Site`, no `Origin`: no browser since
     * 2020, but programs): `allow` lets it pass, `token` wants `x-csrf-token`, from `app.auth.csrfToken(request)`.
     *
     * @defaultValue 'allow'
     */
    unknownOrigin?: 'allow' | 'token';
}

/** Role names, or each role with those that it includes. */
type RolesOption = readonly RoleName[] | Readonly<Record<RoleName, readonly RoleName[]>>;

/** What is used of an ioredis client. */
interface RedisClient {
    eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
    duplicate(override?: object): RedisSubscriber;
}
/** A connection that listens. */
interface RedisSubscriber {
    subscribe(channel: string): Promise<unknown>;
    on(event: string, listener: (...args: any[]) => void): unknown;
    disconnect(): void;
}

/** Options of the auth plugin. What is left out is not loaded. */
interface AuthOptions {
    /** Tokens: the app's own, and those of identity providers. `false` leaves them to the app. */
    jwt?: JwtOptions | false;
    /** Sessions in an encrypted cookie that the server can end. `false` leaves them to the app. */
    session?: SessionOptions | false;
    /** Logins through identity providers, by name: `{ google: { … }, github: { … } }`. */
    oauth2?: Record<string, OAuthOptions> | false;
    /** API keys. */
    apiKeys?: ApiKeyOptions | false;
    /**
     * Roles, and which others each includes: `{ admin: ['editor'], editor: [] }`, or just their names. With it, a role
     * that a route names and that isn't here stops the start. Without it any name is a role.
     */
    roles?: RolesOption;
    /** Named decisions for routes: `{ owner: (request, { identity }) => … }`. */
    policies?: Policies;
    /** Ending tokens before they expire. */
    revocation?: RevocationOptions;
    /** Refuses writes that another site makes a browser send. On with `session` and `jwt.cookie`. */
    csrf?: CsrfOptions | false;
    /** Password logins: cost of the hash, backoff. */
    login?: LoginOptions;
    /**
     * A route that doesn't say who may use it stops the start: mark it with `config.auth`, `app.authenticate` or
     * `app.authorize(…)`; public ones with `config: { auth: false }`. Probes and metrics need no mark. A hook on a whole
     * scope is none: it is not seen from the route.
     *
     * @defaultValue false
     */
    defaultDeny?: boolean;
    /**
     * `report` lets through what roles, scopes and policies would refuse, and logs and counts it as `would_deny`.
     * Authentication is always enforced. A route may set its own with `config.auth.mode`.
     *
     * @defaultValue 'enforce'
     */
    mode?: 'enforce' | 'report';
    /**
     * The realm in `WWW-Authenticate`.
     *
     * @defaultValue 'api'
     */
    realm?: string;
    /** An ioredis client: revocations, refresh tokens, sessions and login failures are then shared by all processes. */
    redis?: RedisClient;
    /**
     * What the keys in Redis start with. Keep the braces: they keep the keys on one node of a cluster.
     *
     * @defaultValue 'seaworthy:{auth}:'
     */
    redisPrefix?: string;
    /**
     * How long Redis may take for one answer, in **milliseconds**. 10 to 10000.
     *
     * @defaultValue 250
     */
    storeTimeout?: number;
    /** Told of each decision and change, besides log and metrics. Never with a token, cookie or password. */
    onAudit?: (event: AuditEvent, request: FastifyRequest | undefined) => void;
}
/** Options of revocation. */
interface RevocationOptions {
    /**
     * When Redis can't be asked for longer than `maxStaleness`: `local` goes on with the revocations that this process
     * knows, `closed` answers 503 to whoever brings a token.
     *
     * @defaultValue 'local'
     */
    onStoreError?: 'local' | 'closed';
    /**
     * How often the processes ask Redis for revocations, in **milliseconds**, besides being told at once. 50 to 1000.
     *
     * @defaultValue 500
     */
    pollInterval?: number;
    /**
     * How old the knowledge of revocations may be before `onStoreError` applies, in **milliseconds**.
     *
     * @defaultValue 2000
     */
    maxStaleness?: number;
    /**
     * How long revocations are kept, in **seconds**: at least as long as the longest token of any issuer holds.
     *
     * @defaultValue 86400
     */
    retention?: number;
}

/**
 * A request of any server (HTTP/2 too), logger and type provider: without the members that differ, since from the whole
 * type TypeScript would infer a route's schema and forget what the type provider makes of it.
 */
type AnyRequest = Omit<FastifyRequest, 'raw' | 'req' | 'server' | 'log' | 'routeOptions' | 'socket'>;
/** Its reply. */
interface AnyReply {
    readonly sent: boolean;
    statusCode: number;
    code(status: number): AnyReply;
    status(status: number): AnyReply;
    send(payload?: unknown): AnyReply;
}

interface IdentityRequest {
    /** How the request proved who it is from, and what follows from it; null before, and without credentials. */
    identity: Overridable<this, Identity | null>;
}
declare module 'fastify' {
    interface FastifyRequest extends IdentityRequest {
    }
}

interface AuthRouteConfig {
    /** Who may use the route: `true` for all who prove who they are, `false` for everyone, or in detail. */
    auth?: Overridable<this, boolean | RouteAuth>;
}
declare module 'fastify' {
    interface FastifyContextConfig extends AuthRouteConfig {
    }
}
/** A hook for a route that works with `done` and, called by hand, as a promise. */
type AuthHook = {
    hook(request: AnyRequest, reply: AnyReply, done: (error?: Error) => void): void;
    hook(request: AnyRequest, reply: AnyReply): Promise<void>;
}['hook'];

/** The sessions of users. */
interface Sessions {
    /** A user's live sessions, for a page that lists them. */
    list(subject: string): Promise<readonly SessionRecord[]>;
    /** Ends one session: its cookie is worth nothing from now on. */
    revoke(id: string, subject?: string): Promise<void>;
    /** Ends all sessions of a user, but for `except`. */
    revokeAll(subject: string, except?: string): Promise<void>;
    /** The id of the request's session. */
    idOf(request: AnyRequest): string | undefined;
    /** Gives the session another id with this answer. Happens by itself when the user or the roles change. */
    rotate(request: AnyRequest): void;
}

type Headers = Readonly<Record<string, string | number | readonly string[]>>;
/**
 * Every refusal of this package. Recognise it by `code`; the message may be shown, `cause` may not.
 *
 * @example
 * if (error.code === 'AUTH_TOKEN_EXPIRED') refresh()
 */
declare class AuthError extends Error {
    readonly name = "AuthError";
    readonly code: string;
    readonly statusCode: number;
    readonly headers: Headers | undefined;
    constructor(code: string, statusCode: number, message: string, { headers, cause }?: {
        headers?: Headers;
        cause?: unknown;
    });
}

/** What a login gives out, named as in OAuth. */
interface TokenPair {
    accessToken: string;
    refreshToken: string;
    tokenType: 'Bearer';
    /** How long the access token holds, in **seconds**. */
    expiresIn: number;
}

/** What is ended by `app.auth.revoke`: a token, a login (session or refresh token), or all of a user's. */
type Revocable = {
    token: string;
} | {
    jti: string;
} | {
    session: string;
} | {
    refreshToken: string;
} | {
    user: string;
};
/** `app.auth`. What isn't configured throws when it is used, and says what to configure. */
interface AuthApi {
    /** Starts a login: an access token with these claims and a refresh token. `sub` (or `id`) is needed. */
    issueTokens(claims: Record<string, unknown>): Promise<TokenPair>;
    /** The next pair for a refresh token. @throws AuthError `AUTH_REFRESH_INVALID` (401). */
    refresh(refreshToken: string): Promise<TokenPair>;
    /** Ends tokens and sessions, on all processes within a second. Rejects if Redis couldn't be told. */
    revoke(what: Revocable): Promise<void>;
    /** Who may use which route. */
    matrix(): MatrixRow[];
    /** The matrix as text. */
    printMatrix(): string;
    /** Hashes a password for keeping. */
    hashPassword(password: string): Promise<string>;
    /** Whether a password fits its hash; as slow for users that don't exist (no hash). */
    verifyPassword(password: string, hash: string | null | undefined): Promise<boolean>;
    /** Checks a login, with backoff by account and address. */
    verifyCredentials: VerifyCredentials;
    /** Makes API keys. */
    readonly apiKeys: ApiKeys;
    /** Lists and ends sessions. */
    readonly sessions: Sessions;
    /** The token for `x-csrf-token`, kept in the session. */
    csrfToken(request: AnyRequest): string;
}
interface AuthInstance {
    /** Tokens, sessions, passwords, keys, and the table of who may use what. */
    auth: Overridable<this, AuthApi>;
    /** Refuses requests that don't prove who they are from; sets `request.user`. */
    authenticate: Overridable<this, AuthHook>;
    /** Like `authenticate`, and one of these roles is needed. */
    authorize: Overridable<this, (...roles: RoleName[]) => AuthHook>;
}
declare module 'fastify' {
    interface FastifyInstance extends AuthInstance {
    }
}

/** JWT, sessions, OAuth2, API keys and roles for Fastify. */
declare const auth: FastifyPluginAsync<AuthOptions>;

/** Attributes of a cookie. */
interface CookieOptions {
    domain?: string;
    /** Encodes the value. Default `encodeURIComponent`. */
    encode?(value: string): string;
    expires?: Date;
    httpOnly?: boolean;
    /** **Seconds**, as in the cookie. */
    maxAge?: number;
    partitioned?: boolean;
    path?: string;
    priority?: 'low' | 'medium' | 'high';
    sameSite?: 'lax' | 'none' | 'strict' | boolean;
    /** `auto`: only over https. */
    secure?: boolean | 'auto';
    /** Signs the value, where the cookies have a secret. */
    signed?: boolean;
}
/** What a signed cookie says. */
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
    /** A cookie as the text of a `Set-Cookie` header. */
    serializeCookie: Overridable<this, (name: string, value: string, options?: CookieOptions) => string>;
    /** The cookies of a `Cookie` header. */
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
    /** Takes a cookie away: give the attributes that it was set with. */
    clearCookie: Overridable<this, (name: string, options?: CookieOptions) => this>;
}
interface CookieSigner {
    /** Signs a value with the secret of the cookies; `session` gives one. */
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
 * What the app keeps in sessions. What it does not list is `unknown`.
 *
 * @example
 * declare module '@seaworthy/auth' { interface SessionData { cart: string[] } }
 */
interface SessionData {
}
/** A key of a session: those of `SessionData` are known, any other may be used. */
type SessionKey = keyof SessionData | (string & {});
/** What a session may keep under a key. */
type SessionValue<Key extends SessionKey> = Key extends keyof SessionData ? SessionData[Key] | undefined : unknown;
/** A session's methods. */
interface SessionMethods {
    /** It was written to, so the cookie is sent. */
    changed: boolean;
    deleted: boolean;
    get<Key extends SessionKey>(key: Key): SessionValue<Key>;
    /** Under `user` is who is logged in. */
    set<Key extends SessionKey>(key: Key, value: SessionValue<Key>): void;
    /** All that it keeps. */
    data(): Partial<SessionData> & Record<string, unknown>;
    /** Ends the session. */
    delete(): void;
    /** Attributes of this session's cookie. */
    options(options: CookieOptions): void;
    /** Sends the cookie again, though nothing has changed. */
    touch(): void;
    /** Forgets all keys but these. */
    regenerate(keep?: string[]): void;
}
/** `request.session`, where the option `session` is given. */
type Session = SessionMethods & Partial<SessionData>;
interface SessionRequest {
    /** What is kept of this browser, in an encrypted cookie. */
    session: Overridable<this, Session>;
}
interface SessionInstance {
    /** A session of its own, for tests and for what is not a request. */
    createSecureSession: Overridable<this, (data?: Record<string, unknown>) => Session>;
    /** The session of a cookie's value; null where it does not hold. */
    decodeSecureSession: Overridable<this, (cookie: string, log?: FastifyBaseLogger, sessionName?: string) => Session | null>;
    /** A session as a cookie's value. */
    encodeSecureSession: Overridable<this, (session: Session, sessionName?: string) => string>;
}
declare module 'fastify' {
    interface FastifyInstance extends SessionInstance {
    }
    interface FastifyRequest extends SessionRequest {
    }
}

/** What a token is made of: claims, or a text. */
type JwtPayload = string | object | Buffer;
/** Rules of signing, besides those of the option `jwt`. */
interface JwtSignOptions extends Omit<SignerOptions, 'expiresIn' | 'notBefore'> {
    /** **Seconds**, or a number with a unit: `'15m'`. */
    expiresIn?: number | string;
    /** **Seconds**, or a number with a unit. */
    notBefore?: number | string;
    key?: string | Buffer;
}
/** Rules of verifying, besides those of the option `jwt`. */
interface JwtVerifyOptions extends Omit<VerifierOptions, 'maxAge'> {
    /** **Seconds**, or a number with a unit. */
    maxAge?: number | string;
    /** Looks for the token in the cookie alone. */
    onlyCookie?: boolean;
    key?: string | Buffer;
}
/** Rules for one request's token. */
interface JwtRequestOptions {
    decode?: DecoderOptions;
    verify?: JwtVerifyOptions & {
        extractToken?: (request: FastifyRequest) => string | void;
    };
}
type Callback<Value> = (error: Error | null, value: Value) => void;
/** `app.jwt`, where the app has a key of its own (`jwt.secret` or `jwt.key`). */
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
    /** The text of the request's token. @throws where there is none. */
    lookupToken(request: AnyRequest, options?: JwtRequestOptions['verify']): string;
}
/** `reply.jwtSign`. */
interface JwtSign {
    (payload: JwtPayload, options?: JwtSignOptions | {
        sign?: JwtSignOptions;
    }): Promise<string>;
    (payload: JwtPayload, callback: Callback<string>): void;
    (payload: JwtPayload, options: JwtSignOptions | {
        sign?: JwtSignOptions;
    }, callback: Callback<string>): void;
}
/** `request.jwtVerify`. */
interface JwtVerify {
    <Claims extends object | string = AuthUser>(options?: JwtRequestOptions | JwtVerifyOptions): Promise<Claims>;
    <Claims extends object | string = AuthUser>(callback: Callback<Claims>): void;
    <Claims extends object | string = AuthUser>(options: JwtRequestOptions | JwtVerifyOptions, callback: Callback<Claims>): void;
}
/** `request.jwtDecode`. */
interface JwtDecode {
    <Claims extends object | string = Record<string, unknown>>(options?: JwtRequestOptions): Promise<Claims>;
    <Claims extends object | string = Record<string, unknown>>(callback: Callback<Claims>): void;
    <Claims extends object | string = Record<string, unknown>>(options: JwtRequestOptions, callback: Callback<Claims>): void;
}
interface TokenInstance {
    /** Signs and verifies tokens by hand. `app.auth.issueTokens` does more: refresh tokens, revocation. */
    jwt: Overridable<this, Jwt>;
}
interface TokenRequest {
    /** Who the request is from: null before that is known, and where a route lets anyone in. */
    user: Overridable<this, AuthUser>;
    /** Takes what `app.authenticate` takes, and sets `request.user`. */
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
export type { AnyReply, AnyRequest, ApiKeyOptions, ApiKeyRecord, ApiKeys, AuditEvent, AuditType, AuthApi, AuthHook, AuthOptions, AuthRule, AuthTypes, AuthUser, CookieOptions, Credentials, CsrfOptions, Identity, IntrospectionOptions, IssuerOptions, Jwt, JwtDecode, JwtOptions, JwtPayload, JwtRequestOptions, JwtSign, JwtSignOptions, JwtVerify, JwtVerifyOptions, LoginOptions, MatrixRow, NewApiKey, OAuthEndpoints, OAuthOptions, Policies, Policy, PolicyContext, PolicyName, ProviderIdentity, RedisClient, RedisSubscriber, Revocable, RevocationOptions, RoleName, RolesOption, RouteAuth, SchemeExpression, SchemeName, ScopeName, Session, SessionCookie, SessionData, SessionKey, SessionMethods, SessionOptions, SessionRecord, SessionValue, Sessions, SignatureAlgorithm, TokenPair, UnsignedCookie, VerifyCredentials };
