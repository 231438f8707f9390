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
import { FastifyBaseLogger, FastifyListenOptions, FastifyServerOptions, FastifyInstance, FastifyPluginAsync } from 'fastify';
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

/** One variable: a small part of JSON Schema, and what the documents say of it. */
interface VariableSchema {
    readonly type: 'string' | 'integer' | 'number' | 'boolean';
    readonly description?: string;
    readonly default?: string | number | boolean;
    readonly enum?: readonly string[];
    readonly minimum?: number;
    readonly maximum?: number;
    readonly minLength?: number;
    readonly pattern?: string;
    /** What the pattern asks for, in words. */
    readonly rule?: string;
    /** The value becomes a `Secret`: nothing prints it. */
    readonly secret?: true;
    /** What the example file shows. Never a usable secret. */
    readonly example?: string;
}
/** The variables of an app. */
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
type Always<S extends EnvironmentSchema> = {
    [K in keyof S['properties']]: S['properties'][K] extends {
        default: unknown;
    } ? K : K extends (S extends {
        required: readonly (infer R)[];
    } ? R : never) ? K : never;
}[keyof S['properties']];
/** What the variables become: typed by their schema, optional unless required or defaulted. */
type EnvironmentOf<S extends EnvironmentSchema> = {
    [K in Always<S>]: ValueOf<S['properties'][K]>;
} & {
    [K in Exclude<keyof S['properties'], Always<S>>]?: ValueOf<S['properties'][K]>;
};

/**
 * An example file from the schema: every variable with its meaning, and no usable secret.
 *
 * @param extra - Your own variables, as given to `fromEnv`.
 */
declare function environmentExample(extra?: EnvironmentSchema): string;

/** What is used of a client of ioredis, alone or as a cluster. */
type RedisClient = RedisClient$1 & RedisClient$2 & {
    disconnect(): void;
    sendCommand(...args: never[]): unknown;
};

/** How a part is switched: `false` leaves it out, `true` takes its defaults, an object is its options. */
type PartOptions<T> = boolean | T;
/** Where Redis or Valkey is. */
interface RedisConnection {
    /** Host name or address. */
    host: string;
    /** TCP port, 1–65535. Default 6379. */
    port?: number;
    /** User of an access control list. */
    username?: string;
    /** Password; a {@link Secret} is never printed. */
    password?: string | Secret;
    /** Database number. Default 0. */
    db?: number;
    /** Whether to speak TLS. Default false. */
    tls?: boolean;
}
/** A client that you made and will close, or where to connect. */
type RedisOption = RedisConnection | RedisClient;
/** The plugin's options, and what its constructor part adds: `level`, `logger` and `loggerInstance`. */
type ObservabilityPart = ObservabilityOptions & Pick<ObservabilityServerOptions, 'level' | 'logger'> & {
    /** A logger that you made, instead of `logger`. */
    loggerInstance?: FastifyBaseLogger | undefined;
};
/** The plugin's options, and its constructor part's: `trustProxy`, `bodyLimit`, timeouts. */
type SecurityPart = SecurityOptions & SecurityServerOptions;
/** Options of the preset: one key a part. Every one may be left out. */
interface SeaworthyOptions {
    /**
     * Logs, ids, metrics, error tracking, the management listener.
     *
     * @defaultValue true
     */
    observability?: PartOptions<ObservabilityPart>;
    /**
     * One error shape for every answer.
     *
     * @defaultValue true
     */
    errors?: PartOptions<ErrorsOptions>;
    /**
     * Signals, drain, resources closed in order.
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
     * Breakers, deadlines, load shedding.
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
     * One Redis or Valkey for everything that is shared between processes: rate limits, revocation, refresh tokens,
     * sessions. A client of yours, which you close, or a connection, which the preset opens, checks in readiness
     * (not critical: each user of it has a policy for its absence) and closes last.
     *
     * @defaultValue none: state is kept in memory, per process
     */
    redis?: RedisOption | undefined;
}

/**
 * Every variable that the preset reads. Types, checks, `.env.example` and the README's table all come from here.
 * Each may also be given as `NAME_FILE`, the path of a file that holds the value.
 */
declare const environmentSchema: {
    readonly properties: {
        readonly NODE_ENV: {
            readonly type: "string";
            readonly default: "production";
            readonly example: "production";
            readonly description: "The environment; `development` loosens cookies and delays, anything else is treated as production.";
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
        readonly LOG_LEVEL: {
            readonly type: "string";
            readonly enum: readonly ["fatal", "error", "warn", "info", "debug", "trace", "silent"];
            readonly default: "info";
            readonly description: "The lowest level that is written.";
        };
        readonly SLOW_THRESHOLD: {
            readonly type: "integer";
            readonly minimum: 1;
            readonly description: "Milliseconds from which a request is slow.";
        };
        readonly TRUST_PROXY: {
            readonly type: "string";
            readonly example: "10.0.0.0/8";
            readonly description: "Addresses and CIDR ranges of the proxies in front, separated by commas. Without it nobody is trusted.";
        };
        readonly CORS_ORIGIN: {
            readonly type: "string";
            readonly example: "https://app.example.com";
            readonly description: "Origins that browsers may call from, separated by commas.";
        };
        readonly RATE_LIMIT_MAX: {
            readonly type: "integer";
            readonly minimum: 1;
            readonly description: "Requests per address and window.";
        };
        readonly RATE_LIMIT_WINDOW: {
            readonly type: "string";
            readonly example: "1 minute";
            readonly description: "The window: `30 seconds`, `1 minute`, or milliseconds.";
        };
        readonly REDIS_URL: {
            readonly type: "string";
            readonly secret: true;
            readonly pattern: "^rediss?://";
            readonly rule: "an address: redis://user:password@host:6379/0, or rediss:// for TLS";
            readonly description: "Redis or Valkey for state that processes share: `redis://user:password@host:6379/0`, `rediss://` for TLS. Or, in parts:";
        };
        readonly REDIS_HOST: {
            readonly type: "string";
            readonly example: "redis.example.com";
            readonly description: "Its host.";
        };
        readonly REDIS_PORT: {
            readonly minimum: 1;
            readonly default: 6379;
            readonly description: "Its port.";
            readonly type: "integer";
            readonly maximum: 65535;
        };
        readonly REDIS_USERNAME: {
            readonly type: "string";
            readonly description: "Its user.";
        };
        readonly REDIS_PASSWORD: {
            readonly type: "string";
            readonly secret: true;
            readonly description: "Its password.";
        };
        readonly REDIS_TLS: {
            readonly type: "boolean";
            readonly default: false;
            readonly description: "Whether to speak TLS with it.";
        };
        readonly JWT_SECRET: {
            readonly type: "string";
            readonly secret: true;
            readonly minLength: 32;
            readonly description: "Signs and verifies tokens: at least 32 random bytes, `openssl rand -base64 48`. Without it there are no tokens.";
        };
        readonly JWT_ISSUER: {
            readonly type: "string";
            readonly example: "https://api.example.com";
            readonly description: "Who issues the tokens (`iss`).";
        };
        readonly JWT_AUDIENCE: {
            readonly type: "string";
            readonly example: "https://api.example.com";
            readonly description: "Whom the tokens are for (`aud`).";
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
            readonly description: "Exactly 16 characters: derives the key from a passphrase, at the cost of seconds at start. A 32-byte key needs none.";
        };
        readonly SENTRY_DSN: {
            readonly type: "string";
            readonly secret: true;
            readonly pattern: "^https?://";
            readonly rule: "a URL";
            readonly description: "Where errors are sent.";
        };
        readonly SENTRY_TRACES_SAMPLE_RATE: {
            readonly type: "number";
            readonly minimum: 0;
            readonly maximum: 1;
            readonly description: "The share of requests that are traced.";
        };
        readonly MANAGEMENT_PORT: {
            readonly description: "Port of the operators' listener. Without it metrics stay on the app's port.";
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
            readonly description: "Who may reach the operators' listener: addresses and CIDR ranges, separated by commas.";
        };
        readonly DRAIN_DELAY: {
            readonly type: "integer";
            readonly minimum: 0;
            readonly description: "Milliseconds to go on serving after a signal, at least.";
        };
        readonly SHUTDOWN_TIMEOUT: {
            readonly type: "integer";
            readonly minimum: 0;
            readonly description: "Milliseconds that requests in flight have.";
        };
        readonly SEAWORTHY_OFF: {
            readonly type: "string";
            readonly example: "security.cors,auth";
            readonly description: "Parts to leave out, separated by commas: `auth`, `security.rateLimit`.";
        };
    };
    readonly required: readonly [];
};
/** The preset's variables, checked and typed. */
type Environment = EnvironmentOf<typeof environmentSchema>;

/** Further options of {@link fromEnv}. */
interface FromEnvOptions<S extends EnvironmentSchema> {
    /** Your own variables, checked and typed with the preset's, and in `env`. A name of the preset's replaces its rule. */
    schema?: S;
}
/** What {@link fromEnv} gives: the preset's options, where to listen, and the checked variables. */
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
 * @param env - Where to read from, `process.env` by default.
 * @throws Error with `code: 'ERR_ENVIRONMENT'` and every problem at once: names and rules, never a value.
 */
declare function fromEnv<const S extends EnvironmentSchema = {
    properties: Record<never, never>;
}>(env?: NodeJS.ProcessEnv, { schema }?: FromEnvOptions<S>): Config<Omit<Environment, keyof S['properties']> & EnvironmentOf<S>>;

/** Options of Fastify's constructor, for any kind of server and logger. */
type OwnServerOptions = Omit<FastifyServerOptions<any, any>, 'genReqId' | 'rewriteUrl'> & {
    genReqId?(raw: IncomingMessage | Http2ServerRequest): string;
    rewriteUrl?(this: FastifyInstance, raw: IncomingMessage | Http2ServerRequest): string;
    http?: ServerOptions$1 | null;
    https?: ServerOptions$2 | SecureServerOptions | null;
    http2?: boolean;
    http2SessionTimeout?: number;
};
/** A key that Fastify doesn't have is an error, not lost. */
type KnownKeys<Own> = {
    [K in Exclude<keyof Own, keyof OwnServerOptions>]: never;
};

/** `backed off`: the app had registered something of its own that does the same. */
type PartState = 'on' | 'off' | 'backed off';
/** What became of one part, and why. */
interface PartReport {
    /** `health`, or a part of a part: `security.cors`. */
    part: string;
    state: PartState;
    /** In words: `default`, `options given`, `switched off`, `"@fastify/cors" was registered before`. */
    reason: string;
}
/** What `app.seaworthy.report()` gives. Holds no option's value, so no secret. */
interface Report {
    parts: PartReport[];
    /** What the constructor lacks, each with what is lost by it. Empty when it got `serverOptions()`. */
    missing: string[];
}

/** What `app.seaworthy` is. */
interface Seaworthy {
    /** What is on, off and backed off, each with its reason, and what the constructor lacks. */
    report(): Report;
}
interface SeaworthyDecorators {
    /** What the preset did. */
    seaworthy: Overridable<this, Seaworthy>;
}
declare module 'fastify' {
    interface FastifyInstance extends SeaworthyDecorators {
    }
}
/** Everything a production Fastify service needs, each part `false`, `true` or its options. */
declare const seaworthy: FastifyPluginAsync<SeaworthyOptions>;

/** What the parts that are on set, and no other key. */
type ServerSettings = Partial<Omit<FastifyServerSettings, 'loggerInstance'> & SecurityServerSettings & {
    return503OnClosing: boolean;
}>;
/** The logger that the options bring, so that `app.log` has its type. */
type InstanceOf<Options> = Options extends {
    observability: {
        loggerInstance: infer Logger extends FastifyBaseLogger;
    };
} ? {
    loggerInstance: Logger;
} : unknown;
/** What {@link serverOptions} gives: the parts' settings, and the app's own under their own types. */
type ServerOptions<Options, Own> = Omit<ServerSettings, keyof Own> & InstanceOf<Options> & Own;
/**
 * What only Fastify's constructor can set, for all parts that are on: `Fastify(serverOptions(options))`.
 *
 * Options of the app's own go into the second argument: `Fastify(serverOptions(options, { bodyLimit: 2 ** 22 }))`.
 * `logger`, `http`, `https` and `routerOptions` are merged key by key, and where both have one, the app's wins; the
 * app's values replace the parts' defaults. A `loggerInstance` has its own level: make it with `config.env.LOG_LEVEL`.
 * What would be lost without a word is an error: a value that `options` sets too, and a function that a part has in the
 * same place.
 *
 * @param options - The same options that the plugin gets.
 * @param own - Options of Fastify's constructor.
 * @throws RangeError where `own` and the parts contradict each other.
 */
declare function serverOptions<const Options extends SeaworthyOptions = SeaworthyOptions, Own extends OwnServerOptions = {}>(options?: Options, own?: Own & OwnServerOptions & KnownKeys<Own>): ServerOptions<NoInfer<Options>, NoInfer<Own>>;

export { Secret, seaworthy as default, environmentExample, environmentSchema, fromEnv, seaworthy, serverOptions };
export type { Config, Environment, EnvironmentOf, EnvironmentSchema, FromEnvOptions, ObservabilityPart, OwnServerOptions, PartOptions, PartReport, PartState, RedisClient, RedisConnection, RedisOption, Report, Seaworthy, SeaworthyOptions, SecurityPart, ServerOptions, ServerSettings, VariableSchema };

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
