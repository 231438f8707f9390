// fastify-seaworthy: index
import { RedisClient as RedisClient$1, AuthOptions } from 'fastify-seaworthy/auth';
export { AuthOptions } from 'fastify-seaworthy/auth';
import { ErrorsOptions } from '@seaworthy/errors';
export { ErrorsOptions } from '@seaworthy/errors';
import { HealthOptions } from '@seaworthy/health';
export { HealthOptions } from '@seaworthy/health';
import { ObservabilityOptions, ObservabilityServerOptions, FastifyServerSettings } from '@seaworthy/observability';
export { ObservabilityOptions } from '@seaworthy/observability';
import { ResilienceOptions } from '@seaworthy/resilience';
export { ResilienceOptions } from '@seaworthy/resilience';
import { RedisClient as RedisClient$2, SecurityOptions, SecurityServerOptions, SecurityServerSettings } from '@seaworthy/security';
export { SecurityOptions } from '@seaworthy/security';
import { ShutdownOptions } from '@seaworthy/shutdown';
export { ShutdownOptions } from '@seaworthy/shutdown';
import { FastifyBaseLogger, FastifyListenOptions, FastifyPluginAsync, FastifyServerOptions, FastifyInstance } from 'fastify';
import { IncomingMessage, ServerOptions as ServerOptions$1 } from 'node:http';
import { Http2ServerRequest, SecureServerOptions } from 'node:http2';
import { ServerOptions as ServerOptions$2 } from 'node:https';

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
 * The secret in a file, for options that take one: a mounted secret of Kubernetes or Docker. The parts that use it take
 * over later changes of the file: new keys come first, and the old ones still verify.
 *
 * @example
 * const jwt = { key: secretFromFile('/etc/keys/jwt.pem') }
 * await app.register(seaworthy, { auth: { jwt } })
 * @param path - A line break at the end of the file is not part of the value.
 * @throws Error where the file cannot be read, is empty or is no text in UTF-8.
 */
declare function secretFromFile(path: string): Secret;

/**
 * One variable: a subset of JSON Schema, and its documentation.
 *
 * @example
 * const poolSize: VariableSchema = { type: 'integer', minimum: 1, default: 10, description: 'Connections of the pool.' }
 */
interface VariableSchema {
    readonly type: 'string' | 'integer' | 'number' | 'boolean';
    readonly description?: string;
    readonly default?: string | number | boolean;
    readonly enum?: readonly string[];
    readonly minimum?: number;
    readonly maximum?: number;
    readonly minLength?: number;
    readonly pattern?: string;
    /** The rule of the pattern, in words. */
    readonly rule?: string;
    /** Of a number: it may also be written as a time with a unit, `30s` or `5 minutes`. */
    readonly unit?: 'milliseconds';
    /** Makes the value a `Secret`, which is never printed. */
    readonly secret?: true;
    /** The value in the example file. Never a usable secret. */
    readonly example?: string;
}
/**
 * The variables of an app.
 *
 * @example
 * const schema = {
 *   properties: { DB_PASSWORD: { type: 'string', secret: true } },
 *   required: ['DB_PASSWORD']
 * } as const satisfies EnvironmentSchema
 * const { env } = fromEnv(process.env, { schema })
 * console.log(env.DB_PASSWORD.reveal().length)
 */
interface EnvironmentSchema {
    readonly properties: Readonly<Record<string, VariableSchema>>;
    readonly required?: readonly string[];
}
type ValueOf<V extends VariableSchema> = V extends {
    secret: true;
} ? Secret : V extends {
    enum: readonly (infer Allowed)[];
} ? Allowed : V extends {
    type: 'string';
} ? string : V extends {
    type: 'boolean';
} ? boolean : number;
type AlwaysSet<S extends EnvironmentSchema> = {
    [K in keyof S['properties']]: S['properties'][K] extends {
        default: unknown;
    } ? K : K extends (S extends {
        required: readonly (infer R)[];
    } ? R : never) ? K : never;
}[keyof S['properties']];
/**
 * The variables with the types of their schema. Optional unless required or with a default.
 *
 * @example
 * const schema = { properties: { DB_HOST: { type: 'string' } }, required: ['DB_HOST'] } as const
 * const host = (env: EnvironmentOf<typeof schema>): string => env.DB_HOST
 */
type EnvironmentOf<S extends EnvironmentSchema> = {
    [K in AlwaysSet<S>]: ValueOf<S['properties'][K]>;
} & {
    [K in Exclude<keyof S['properties'], AlwaysSet<S>>]?: ValueOf<S['properties'][K]>;
};

/**
 * Makes an example file from the schema: every variable with its description, and no usable secret.
 *
 * @example
 * console.log(environmentExample()) // the text of a .env.example
 * @param extra - The app's own variables: the same as the `schema` of `fromEnv`.
 */
declare function environmentExample(extra?: EnvironmentSchema): string;

/**
 * The methods that the parts use of a client of ioredis, a single one or a cluster.
 *
 * @example
 * const withRedis = async (redis: RedisClient) => app.register(seaworthy, { redis }) // new Redis(…) of ioredis
 */
type RedisClient = RedisClient$1 & RedisClient$2 & {
    disconnect(): void;
    sendCommand(...args: never[]): unknown;
};

/**
 * The address of Redis or Valkey.
 *
 * @example
 * const redis: RedisConnection = { host: 'redis.example.com', password: process.env['REDIS_PASSWORD'] ?? '' }
 * await app.register(seaworthy, { redis })
 */
interface RedisConnection {
    /**
     * Host name or address.
     *
     * @defaultValue none: it is required
     */
    host: string;
    /**
     * TCP port. A whole number, 1 to 65535.
     *
     * @defaultValue 6379
     */
    port?: number;
    /**
     * User of an access control list.
     *
     * @defaultValue none: Redis' default user
     */
    username?: string;
    /**
     * Password; a {@link Secret} is never printed.
     *
     * @defaultValue none: no authentication
     */
    password?: string | Secret;
    /**
     * Database number. A whole number, at least 0.
     *
     * @defaultValue 0
     */
    db?: number;
    /**
     * Whether to use TLS.
     *
     * @defaultValue false
     */
    tls?: boolean;
}
/**
 * A client that the app made and closes, or the address to connect to.
 *
 * @example
 * const redis: RedisOption = { host: 'redis.example.com' }
 * await app.register(seaworthy, { redis })
 */
type RedisOption = RedisConnection | RedisClient;

/**
 * The files of the certificate that the app's server shows.
 *
 * @example
 * const tls: TlsOptions = { cert: '/etc/tls/tls.crt', key: '/etc/tls/tls.key' }
 * console.log(tls.cert)
 */
interface TlsOptions {
    /**
     * The path of the certificate in PEM, followed by those of the authorities between it and the root.
     *
     * @defaultValue none: it is required
     * @throws RangeError for a file that cannot be read, and for what is no certificate.
     */
    cert: string;
    /**
     * The path of its private key in PEM.
     *
     * @defaultValue none: it is required
     * @throws RangeError for a file that cannot be read, and for the key of another certificate.
     */
    key: string;
    /**
     * The password of the private key; a {@link Secret} is never printed.
     *
     * @defaultValue none: the key is not encrypted
     */
    passphrase?: string | Secret;
}

/**
 * The switch of a part: `false` leaves it out, `true` uses its defaults, an object is its options.
 *
 * @example
 * const auth: PartOptions<{ defaultDeny?: boolean }> = false
 * await app.register(seaworthy, { auth })
 */
type PartOptions<T> = boolean | T;
/**
 * The options of the observability plugin and of its constructor half: `level`, `logger` and `loggerInstance`.
 *
 * @example
 * const observability: ObservabilityPart = { level: 'debug', logging: { slowThreshold: 500 } }
 * await app.register(seaworthy, { observability })
 */
type ObservabilityPart = ObservabilityOptions & Pick<ObservabilityServerOptions, 'level' | 'logger'> & {
    /**
     * A logger that the app made, instead of `logger`.
     *
     * @defaultValue none: a logger is made with the options in `logger`
     */
    loggerInstance?: FastifyBaseLogger | undefined;
};
/**
 * The options of the security plugin and of its constructor half: `trustProxy`, `bodyLimit`, timeouts.
 *
 * @example
 * const security: SecurityPart = { trustProxy: ['10.0.0.0/8'], cors: { origin: ['https://app.example.com'] } }
 * await app.register(seaworthy, { security })
 */
type SecurityPart = SecurityOptions & SecurityServerOptions;
/**
 * Options of the preset: one key for each part. All are optional.
 *
 * @example
 * const options: SeaworthyOptions = { security: { rateLimit: { max: 300 } }, auth: false }
 * const app = Fastify(serverOptions(options))
 * await app.register(seaworthy, options)
 */
interface SeaworthyOptions {
    /**
     * Logs, ids, metrics, error tracking, the management listener.
     *
     * @defaultValue true
     */
    observability?: PartOptions<ObservabilityPart>;
    /**
     * The same error shape for every response.
     *
     * @defaultValue true
     */
    errors?: PartOptions<ErrorsOptions>;
    /**
     * Graceful shutdown: signals, drain, closing of resources.
     *
     * @defaultValue true
     */
    shutdown?: PartOptions<ShutdownOptions>;
    /**
     * Liveness, readiness and startup probes.
     *
     * @defaultValue true
     */
    health?: PartOptions<HealthOptions>;
    /**
     * Circuit breakers, deadlines, load shedding.
     *
     * @defaultValue true
     */
    resilience?: PartOptions<ResilienceOptions>;
    /**
     * Security headers, CORS, rate limits, strict validation.
     *
     * @defaultValue true
     */
    security?: PartOptions<SecurityPart>;
    /**
     * Tokens, sessions, OAuth2, API keys, roles.
     *
     * @defaultValue true
     */
    auth?: PartOptions<AuthOptions>;
    /**
     * One Redis or Valkey for all state that processes share: rate limits, revocation, refresh tokens, sessions. Either a
     * client, which the app closes, or an address: the preset then opens a connection, checks it in readiness (not
     * critical: each feature has a policy for its outage) and closes it last.
     *
     * @defaultValue none: state is kept in memory, per process
     */
    redis?: RedisOption | undefined;
    /**
     * The files of the server's TLS certificate. `serverOptions` makes an HTTPS server of them, HTTP/2 with `http2: true` of
     * Fastify's, and new contents of the files replace the certificate without a restart, after a check.
     *
     * @defaultValue none: the server has no TLS, or that of Fastify's option `https`
     */
    tls?: TlsOptions | undefined;
    /**
     * Adoption mode, for an app that is being converted: validation, pattern checks, headers, limits, `defaultDeny` and the
     * statuses of errors only observe, and log what they would reject or change. The `mode` of a part overrides it.
     *
     * @defaultValue false; `true` where the environment has `SEAWORTHY_ADOPT=1`
     */
    adopt?: boolean | undefined;
    /**
     * Whether the preset may cover a part of the app alone: the scope in which it is registered. Otherwise routes outside
     * of that scope, which have no headers, limits or guards whatever their config says, stop the start.
     *
     * @defaultValue false
     */
    encapsulate?: boolean | undefined;
}

/**
 * Every variable that the preset reads. Types, checks, `.env.example` and the documents' table all come from here.
 * Each may also be set as `NAME_FILE`, the path of a file with the value.
 *
 * @example
 * for (const [name, { description }] of Object.entries(environmentSchema.properties)) console.log(name, description)
 */
declare const environmentSchema: {
    readonly properties: {
        readonly REDIS_URL: {
            readonly type: "string";
            readonly secret: true;
            readonly pattern: "^rediss?://";
            readonly rule: "an address: redis://user:password@host:6379/0, or rediss:// for TLS";
            readonly description: "Redis or Valkey for state that processes share: `redis://user:password@host:6379/0`, `rediss://` for TLS. Alternatively, set the variables for its parts; a user, a password or TLS that the address lacks is taken from them too.";
        };
        readonly REDIS_HOST: {
            readonly type: "string";
            readonly example: "redis.example.com";
            readonly description: "Host of Redis.";
        };
        readonly REDIS_PORT: {
            readonly minimum: 1;
            readonly default: 6379;
            readonly description: "Port of Redis.";
            readonly type: "integer";
            readonly maximum: 65535;
        };
        readonly REDIS_USERNAME: {
            readonly type: "string";
            readonly description: "User of Redis.";
        };
        readonly REDIS_PASSWORD: {
            readonly type: "string";
            readonly secret: true;
            readonly description: "Password of Redis.";
        };
        readonly REDIS_TLS: {
            readonly type: "boolean";
            readonly default: false;
            readonly description: "Whether the connection to Redis uses TLS.";
        };
        readonly JWT_SECRET: {
            readonly type: "string";
            readonly secret: true;
            readonly minLength: 32;
            readonly description: "Signs and verifies tokens: at least 32 random bytes, `openssl rand -base64 48`. Without it tokens are off.";
        };
        readonly JWT_ISSUER: {
            readonly type: "string";
            readonly example: "https://api.example.com";
            readonly description: "Issuer of the tokens (`iss`).";
        };
        readonly JWT_AUDIENCE: {
            readonly type: "string";
            readonly example: "https://api.example.com";
            readonly description: "Audience of the tokens (`aud`).";
        };
        readonly SESSION_SECRET: {
            readonly type: "string";
            readonly secret: true;
            readonly minLength: 32;
            readonly description: "Seals session cookies: 32 random bytes in base64 or hex (`openssl rand -base64 32`), or, with `SESSION_SALT`, a passphrase.";
        };
        readonly SESSION_SALT: {
            readonly type: "string";
            readonly secret: true;
            readonly minLength: 16;
            readonly description: "Exactly 16 characters: derives the key from a passphrase, which takes seconds at start. A 32-byte key needs none.";
        };
        readonly SENTRY_DSN: {
            readonly type: "string";
            readonly secret: true;
            readonly pattern: "^https?://";
            readonly rule: "a URL";
            readonly description: "The Sentry project that errors are sent to.";
        };
        readonly SENTRY_TRACES_SAMPLE_RATE: {
            readonly type: "number";
            readonly minimum: 0;
            readonly maximum: 1;
            readonly description: "The share of requests that are traced.";
        };
        readonly MANAGEMENT_PORT: {
            readonly example: "9464";
            readonly description: "Port of the operators' listener. Without it metrics are served on the app's port.";
            readonly type: "integer";
            readonly minimum: 0;
            readonly maximum: 65535;
        };
        readonly MANAGEMENT_HOST: {
            readonly type: "string";
            readonly default: "127.0.0.1";
            readonly description: "Address of the operators' listener.";
        };
        readonly MANAGEMENT_TOKEN: {
            readonly type: "string";
            readonly secret: true;
            readonly minLength: 16;
            readonly description: "Bearer token of the operators' listener.";
        };
        readonly MANAGEMENT_ALLOW: {
            readonly type: "string";
            readonly example: "10.0.0.0/8";
            readonly description: "Addresses and CIDR ranges that may connect to the operators' listener, separated by commas.";
        };
        readonly MANAGEMENT_HOSTS: {
            readonly type: "string";
            readonly example: "ops.example.com";
            readonly description: "Further names of the operators' listener in addresses, separated by commas; needed without a token alone.";
        };
        readonly MANAGEMENT_READ_ONLY: {
            readonly type: "boolean";
            readonly description: "Whether the operators' listener only shows: requests that would change something get 403.";
        };
        readonly MANAGEMENT_ALLOW_SHUTDOWN: {
            readonly type: "boolean";
            readonly description: "Whether operators may begin the shutdown of the service.";
        };
        readonly MANAGEMENT_RECENT_REQUESTS: {
            readonly type: "boolean";
            readonly description: "Whether the operators' page lists the last failed and slow requests, as it does by default.";
        };
        readonly METRICS_TOKEN: {
            readonly type: "string";
            readonly secret: true;
            readonly minLength: 16;
            readonly description: "Bearer token of `/metrics` on the app's port.";
        };
        readonly METRICS_ALLOW: {
            readonly type: "string";
            readonly example: "10.0.0.0/8";
            readonly description: "Addresses and CIDR ranges that may scrape `/metrics` on the app's port, separated by commas.";
        };
        readonly DRAIN_DELAY: {
            readonly type: "integer";
            readonly unit: "milliseconds";
            readonly minimum: 0;
            readonly maximum: 600000;
            readonly description: "Milliseconds that the service continues to serve after a signal, at least.";
        };
        readonly SHUTDOWN_TIMEOUT: {
            readonly type: "integer";
            readonly unit: "milliseconds";
            readonly minimum: 0;
            readonly maximum: 3600000;
            readonly description: "Milliseconds that requests in flight have after that.";
        };
        readonly GRACE_PERIOD: {
            readonly type: "integer";
            readonly unit: "milliseconds";
            readonly minimum: 1;
            readonly maximum: 3600000;
            readonly description: "Milliseconds after which the platform kills the process, without those of a `preStop` hook. Known platforms are recognised.";
        };
        readonly OTEL_SERVICE_NAME: {
            readonly type: "string";
            readonly example: "orders";
            readonly description: "Name of the service, in metrics and in the keys of Redis; by default the name in the app's `package.json`.";
        };
        readonly SERVICE_VERSION: {
            readonly type: "string";
            readonly description: "Version of the service, in metrics; by default the version in the app's `package.json`.";
        };
        readonly SEAWORTHY_ADOPT: {
            readonly type: "boolean";
            readonly description: "Adoption mode: parts that reject or change something only log it, while an app is being converted.";
        };
        readonly SEAWORTHY_OFF: {
            readonly type: "string";
            readonly example: "security.cors,auth";
            readonly description: "Parts to switch off, separated by commas: `auth`, `security.rateLimit`.";
        };
        readonly NODE_ENV: {
            readonly type: "string";
            readonly default: "production";
            readonly example: "production";
            readonly description: "The environment. `development` allows cookies without https and drops delays; any other value means production.";
        };
        readonly HOST: {
            readonly type: "string";
            readonly default: "127.0.0.1";
            readonly example: "0.0.0.0";
            readonly description: "Address to listen on. Containers need `0.0.0.0`.";
        };
        readonly PORT: {
            readonly default: 3000;
            readonly description: "Port to listen on. 0 takes a free one.";
            readonly type: "integer";
            readonly minimum: 0;
            readonly maximum: 65535;
        };
        readonly TLS_CERT_FILE: {
            readonly type: "string";
            readonly example: "/etc/tls/tls.crt";
            readonly description: "File with the TLS certificate of the server in PEM, and those of the authorities between it and the root. Without it the server has no TLS.";
        };
        readonly TLS_KEY_FILE: {
            readonly type: "string";
            readonly example: "/etc/tls/tls.key";
            readonly description: "File with the private key of the certificate. New contents of both are used without a restart.";
        };
        readonly LOG_LEVEL: {
            readonly type: "string";
            readonly enum: readonly ["fatal", "error", "warn", "info", "debug", "trace", "silent"];
            readonly default: "info";
            readonly description: "The lowest level that is logged.";
        };
        readonly SLOW_THRESHOLD: {
            readonly type: "integer";
            readonly unit: "milliseconds";
            readonly minimum: 1;
            readonly description: "Milliseconds from which a request is logged as slow.";
        };
        readonly LOG_DETAILS: {
            readonly type: "boolean";
            readonly description: "Whether lines below `LOG_LEVEL` are kept for each request, and written if it fails, is slow or is traced.";
        };
        readonly LOG_DETAILS_LEVEL: {
            readonly type: "string";
            readonly enum: readonly ["trace", "debug", "info", "warn", "error", "fatal"];
            readonly description: "The lowest level that is kept with `LOG_DETAILS`. By default `debug`.";
        };
        readonly LOG_DETAILS_MAX_BYTES: {
            readonly type: "integer";
            readonly minimum: 1024;
            readonly maximum: 16777216;
            readonly description: "Bytes of lines that one request keeps with `LOG_DETAILS`. By default 65536.";
        };
        readonly LOG_BUFFER: {
            readonly type: "boolean";
            readonly description: "Whether lines are written in blocks. A process that is killed loses those of the last 100 ms.";
        };
        readonly LOG_BUFFER_BYTES: {
            readonly type: "integer";
            readonly minimum: 256;
            readonly maximum: 16000;
            readonly description: "Bytes after which a block is written with `LOG_BUFFER`. By default 8192.";
        };
        readonly LOG_BUFFER_INTERVAL: {
            readonly type: "integer";
            readonly unit: "milliseconds";
            readonly minimum: 10;
            readonly maximum: 10000;
            readonly description: "Milliseconds after which a block is written at the latest with `LOG_BUFFER`. By default 100.";
        };
        readonly BLOCKED_LOOP_THRESHOLD: {
            readonly type: "integer";
            readonly unit: "milliseconds";
            readonly minimum: 20;
            readonly maximum: 60000;
            readonly description: "Milliseconds from which a turn of the event loop is logged, with its route and stack. Without it there is no watch.";
        };
        readonly TRUST_PROXY: {
            readonly type: "string";
            readonly example: "10.0.0.0/8";
            readonly description: "Addresses and CIDR ranges of the proxies in front, separated by commas. Without it no proxy is trusted.";
        };
        readonly CORS_ORIGIN: {
            readonly type: "string";
            readonly example: "https://app.example.com";
            readonly description: "Origins from which browsers may send requests, separated by commas.";
        };
        readonly RATE_LIMIT_MAX: {
            readonly type: "integer";
            readonly minimum: 1;
            readonly description: "Requests that one address may send in each window.";
        };
        readonly RATE_LIMIT_WINDOW: {
            readonly type: "string";
            readonly example: "1 minute";
            readonly description: "The window of the rate limit: `30 seconds`, `1 minute`, or a number of milliseconds.";
        };
    };
    readonly required: readonly [];
};
/**
 * The preset's variables, checked and typed.
 *
 * @example
 * const level = (env: Environment) => env.LOG_LEVEL
 * console.log(level(fromEnv().env))
 */
type Environment = EnvironmentOf<typeof environmentSchema>;

/**
 * Further options of {@link fromEnv}.
 *
 * @example
 * const options: FromEnvOptions<EnvironmentSchema> = { schema: { properties: { DB_HOST: { type: 'string' } } } }
 * console.log(fromEnv(process.env, options).listen.port)
 */
interface FromEnvOptions<S extends EnvironmentSchema> {
    /**
     * The app's own variables: checked and typed like the preset's, and in `env`. A variable of the preset takes its rule
     * from here, of the same type.
     *
     * @defaultValue none: only the preset's variables
     */
    schema?: S;
}
/**
 * The result of {@link fromEnv}: the preset's options, the address to listen on, and the checked variables.
 *
 * @example
 * const start = async (config: Config<Environment>) => {
 *   const app = Fastify(serverOptions(config))
 *   await app.register(seaworthy, config)
 *   await app.listen(config.listen)
 * }
 * await start(fromEnv())
 */
interface Config<E> extends SeaworthyOptions {
    /** The variables, typed. Secrets are `Secret`: `env.JWT_SECRET?.reveal()`. */
    env: E;
    /** For `app.listen`. */
    listen: FastifyListenOptions & {
        host: string;
        port: number;
    };
    redis?: RedisOption | undefined;
}
/**
 * Options from the environment: `const config = fromEnv()`, then `Fastify(serverOptions(config))`,
 * `app.register(seaworthy, config)` and `app.listen(config.listen)`.
 *
 * @example
 * const config = fromEnv()
 * const app = Fastify(serverOptions(config))
 * await app.register(seaworthy, config)
 * await app.listen(config.listen)
 * @param env - The variables, `process.env` by default.
 * @throws Error with `code: 'ERR_ENVIRONMENT'` and all problems: names and rules, never a value. RangeError with
 * `code: 'INVALID_OPTION'` for a rule of the app that is wrong itself.
 */
declare function fromEnv<const S extends EnvironmentSchema = {
    properties: Record<never, never>;
}>(env?: NodeJS.ProcessEnv, options?: FromEnvOptions<S>): Config<Omit<Environment, keyof S['properties']> & EnvironmentOf<S>>;

/**
 * `backed off`: the app had registered a plugin or decorator that does the same.
 *
 * @example
 * const wanted: PartState = 'on'
 * console.log(app.seaworthy.report().parts.every(({ state }) => state === wanted))
 */
type PartState = 'on' | 'off' | 'backed off';
/**
 * The state of one part, and its reason.
 *
 * @example
 * const off = app.seaworthy.report().parts.filter(({ state }: PartReport) => state !== 'on')
 * console.log(off.map(({ part, reason }) => `${part}: ${reason}`))
 */
interface PartReport {
    /** `health`, or a part of a part: `security.cors`. */
    part: string;
    state: PartState;
    /** In words: `default`, `options given`, `switched off`, `"@fastify/cors" was registered before`. */
    reason: string;
}
/**
 * The result of `app.seaworthy.report()`. It contains no values of options, so no secrets.
 *
 * @example
 * const { parts, missing }: Report = app.seaworthy.report()
 * console.log(parts.length, missing)
 */
interface Report {
    parts: PartReport[];
    /** The constructor options that are missing, each with its consequence. Empty with `serverOptions()`. */
    missing: string[];
}
/**
 * The decorator `app.seaworthy`.
 *
 * @example
 * const { missing } = app.seaworthy.report()
 * if (missing.length > 0) throw new Error(`build the app with serverOptions(): ${missing.join(', ')}`)
 */
interface Seaworthy {
    /** Which parts are on, off and backed off, each with its reason, and which constructor options are missing. */
    report(): Report;
}

interface SeaworthyDecorators {
    /** The state of the preset. */
    seaworthy: Overridable<this, Seaworthy>;
}
declare module 'fastify' {
    interface FastifyInstance extends SeaworthyDecorators {
    }
}
/**
 * All parts of a production Fastify service. Each part is `false`, `true` or its options.
 *
 * @example
 * const app = Fastify(serverOptions())
 * await app.register(seaworthy, { auth: false })
 * app.get('/', async () => ({ hello: 'world' }))
 */
declare const seaworthy: FastifyPluginAsync<SeaworthyOptions>;

/**
 * Options of Fastify's constructor, for any kind of server and logger.
 *
 * @example
 * const appOptions: AppServerOptions = { bodyLimit: 4_194_304 }
 * console.log(appOptions.bodyLimit)
 */
type AppServerOptions = Omit<FastifyServerOptions<any, any>, 'genReqId' | 'rewriteUrl'> & {
    genReqId?(raw: IncomingMessage | Http2ServerRequest): string;
    rewriteUrl?(this: FastifyInstance, raw: IncomingMessage | Http2ServerRequest): string;
    http?: ServerOptions$1 | null;
    https?: ServerOptions$2 | SecureServerOptions | null;
    http2?: boolean;
    http2SessionTimeout?: number;
};
/** Makes a key that Fastify does not have an error, instead of ignoring it. */
type FastifyKeys<App> = {
    [K in Exclude<keyof App, keyof AppServerOptions>]: never;
};

/**
 * The constructor options that the parts set, without those of parts that are off.
 *
 * @example
 * const settings: ServerSettings = serverOptions()
 * console.log(settings.bodyLimit)
 */
type ServerSettings = Partial<Omit<FastifyServerSettings, 'loggerInstance'> & SecurityServerSettings & {
    return503OnClosing: boolean;
}>;
/** The type of the logger in the options, so that `app.log` has it. */
type InstanceOf<Options> = Options extends {
    observability: {
        loggerInstance: infer Logger extends FastifyBaseLogger;
    };
} ? {
    loggerInstance: Logger;
} : unknown;
/**
 * The result of {@link serverOptions}: the parts' settings, and the app's own with their types.
 *
 * @example
 * const settings: ServerOptions<object, object> = serverOptions()
 * console.log(settings.trustProxy)
 */
type ServerOptions<Options, App> = Omit<ServerSettings, keyof App> & InstanceOf<Options> & App;
/**
 * The options that only Fastify's constructor can set, of all parts that are on: `Fastify(serverOptions(options))`.
 *
 * The app's own constructor options are the second argument: `Fastify(serverOptions(options, { bodyLimit: 2 ** 22 }))`.
 * `logger`, `http`, `https` and `routerOptions` are merged key by key, and where both have one, the app's wins; the
 * app's values replace the parts' defaults. A `loggerInstance` has its own level: make it with `config.env.LOG_LEVEL`.
 * An option that would be silently lost is an error: a value that `options` sets differently, and a function where a part
 * needs its own.
 *
 * @example
 * const options = { security: { trustProxy: ['10.0.0.0/8'] } }
 * const app = Fastify(serverOptions(options, { bodyLimit: 4_194_304 }))
 * await app.register(seaworthy, options)
 * @param options - The same options as the plugin's.
 * @param appOptions - Options of Fastify's constructor.
 * @throws RangeError with the code `INVALID_OPTION` where `appOptions` and the parts contradict each other.
 */
declare function serverOptions<const Options extends SeaworthyOptions = SeaworthyOptions, App extends AppServerOptions = {}>(options?: Options, appOptions?: App & AppServerOptions & FastifyKeys<App>): ServerOptions<NoInfer<Options>, NoInfer<App>>;

export { Secret, seaworthy as default, environmentExample, environmentSchema, fromEnv, seaworthy, secretFromFile, serverOptions };
export type { AppServerOptions, Config, Environment, EnvironmentOf, EnvironmentSchema, FromEnvOptions, ObservabilityPart, PartOptions, PartReport, PartState, RedisClient, RedisConnection, RedisOption, Report, Seaworthy, SeaworthyOptions, SecurityPart, ServerOptions, ServerSettings, TlsOptions, VariableSchema };

// fastify-seaworthy: apm
export * from '@seaworthy/observability/apm';

// fastify-seaworthy: auth
export * from '@seaworthy/auth';
export { default } from '@seaworthy/auth';

// fastify-seaworthy: errors
export * from '@seaworthy/errors';
export { default } from '@seaworthy/errors';

// fastify-seaworthy: health
export * from '@seaworthy/health';
export { default } from '@seaworthy/health';

// fastify-seaworthy: observability
export * from '@seaworthy/observability';
export { default } from '@seaworthy/observability';

// fastify-seaworthy: resilience
export * from '@seaworthy/resilience';
export { default } from '@seaworthy/resilience';

// fastify-seaworthy: security
export * from '@seaworthy/security';
export { default } from '@seaworthy/security';

// fastify-seaworthy: shutdown
export * from '@seaworthy/shutdown';
export { default } from '@seaworthy/shutdown';
