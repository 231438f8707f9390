// @seaworthy/errors: index
import { FastifyRequest, FastifyPluginAsync, FastifyError, FastifyInstance } from 'fastify';
import { Socket } from 'node:net';

/** Response headers of an error: `{ 'retry-after': 30 }`. */
type ErrorHeaders = Readonly<Record<string, string | number | readonly string[]>>;
/** What an {@link AppError} may say beside its message. */
interface AppErrorOptions {
    /**
     * The answer's status, a whole number from 400 to 599; anything else is 500.
     *
     * @defaultValue 500
     */
    statusCode?: number | undefined;
    /**
     * What programs tell errors by: stable, letters, digits, `_`, `.` and `-`, 64 at most.
     *
     * @defaultValue The status as a code: `NOT_FOUND`
     */
    code?: string | undefined;
    /** What led to it. Logged, never sent. */
    cause?: unknown;
    /** Response headers that belong to the error: `retry-after`, `www-authenticate`, `allow`. */
    headers?: ErrorHeaders | undefined;
    /** What was wrong in detail. Sent as it is: no secret, no submitted value. */
    details?: unknown;
    /** Further members of the body. Sent are those that the plugin's option `extensions` names. */
    extensions?: Readonly<Record<string, unknown>> | undefined;
    /**
     * Whether the client may read the message.
     *
     * @defaultValue `true` below 500, else `false`
     */
    expose?: boolean | undefined;
}
/**
 * An error that is an answer: its status, code, headers and details are sent, and below 500 its message too.
 *
 * @example
 * throw new AppError('The order is being packed', { statusCode: 409, code: 'ORDER_LOCKED' })
 * throw new AppError('The order is being packed', 409, 'ORDER_LOCKED')
 */
declare class AppError extends Error {
    /** The answer's status, from 400 to 599. */
    readonly statusCode: number;
    /** Stable, for programs. */
    readonly code: string;
    readonly headers?: ErrorHeaders | undefined;
    readonly details?: unknown;
    readonly extensions?: Readonly<Record<string, unknown>> | undefined;
    readonly expose?: boolean | undefined;
    constructor(message: string, options?: AppErrorOptions);
    /** The order that hand-written classes have: subclasses that call `super(message, 404, 'CODE')` stay as they are. */
    constructor(message: string, statusCode: number | undefined, code?: string, details?: unknown);
}
/**
 * Whether `error` is one of ours, of whatever copy of this package (CommonJS beside ESM, two versions): by its brand,
 * and with `code` by that too. Use it instead of `instanceof`.
 */
declare function isAppError<const Code extends string = string>(error: unknown, code?: Code): error is AppError & {
    readonly code: Code;
};

/** A class of errors. */
type ErrorClass = abstract new (...args: never[]) => object;
/** What an error becomes: see {@link ErrorMapping}. */
type MappedError = AppErrorOptions & {
    /**
     * What the client reads, whatever the status.
     *
     * @defaultValue The status in words
     */
    message?: string | undefined;
};
/** Makes an answer of an error that is not ours: a database driver's, an HTTP client's. */
interface ErrorMapping {
    /** A class, an error's `code`, or a function. Classes are matched with `instanceof`. */
    match: ErrorClass | string | ((error: unknown) => boolean);
    /**
     * A status, what to say, or what makes an error of it. The original stays its `cause`, for the log.
     * `undefined` from a function: the next rule.
     */
    to: number | MappedError | ((error: unknown, request: FastifyRequest) => AppError | MappedError | number | undefined);
}

/** The two shapes of an error's body. */
type ErrorFormat = 'json' | 'problem';
/** Words for a code in a language (`de-CH`, `de`); `undefined` where there are none. */
type ErrorMessages = (code: string, locale: string, message: string) => string | undefined;
/** Options of the errors plugin. Every one may be left out. */
interface ErrorsOptions {
    /**
     * The shape of bodies: `json` is `{ statusCode, error, message, code, correlationId, details? }`, and RFC 9457 where
     * a client's `Accept` has `application/problem+json`; `problem` is RFC 9457 for everybody.
     *
     * @defaultValue 'json'
     */
    format?: ErrorFormat | undefined;
    /**
     * What problem types start with: the code follows, `https://errors.example.com/user-not-found`. An absolute URL or
     * path that ends in `/` or `#` (a `/` is added).
     *
     * @defaultValue Types are `about:blank`
     */
    typeBase?: string | undefined;
    /**
     * Rules for errors that are not ours, tried in order: `{ match, to }`. What no rule matches and neither Fastify nor
     * http-errors made is a 500 without its message.
     *
     * @defaultValue `[]`
     */
    map?: readonly ErrorMapping[] | undefined;
    /**
     * Shows the messages of 5xx too: `true` for development, or a function that decides for each error.
     *
     * @defaultValue false
     */
    expose?: boolean | ((error: unknown, statusCode: number) => boolean) | undefined;
    /**
     * Messages in the client's language: called for each language of `Accept-Language`, best first, until it gives one.
     *
     * @defaultValue The error's message
     */
    messages?: ErrorMessages | undefined;
    /**
     * Which members of an error's `extensions` are sent as members of the body.
     *
     * @defaultValue `[]`
     */
    extensions?: readonly string[] | undefined;
    /**
     * The `WWW-Authenticate` of a 401 that brings none of its own; `false` leaves it out.
     *
     * @defaultValue 'Bearer'
     */
    challenge?: string | false | undefined;
    /**
     * Answer unknown routes too. `false` where the app calls `setNotFoundHandler` after registering this plugin
     * (Fastify allows one); one that is there already always stays.
     *
     * @defaultValue true
     */
    notFound?: boolean | undefined;
    /**
     * Answer 405 with `Allow` where the path exists for another method, instead of 404.
     *
     * @defaultValue false
     */
    methodNotAllowed?: boolean | undefined;
    /**
     * Add the schemas `SeaworthyError` and `SeaworthyProblem` to the app, for `$ref`.
     *
     * @defaultValue true
     */
    schemas?: boolean | undefined;
    /**
     * Log failed requests: 5xx at error with cause and stack, others at info.
     *
     * @defaultValue `true`, but `false` beside observability, whose request line has the error
     */
    log?: boolean | undefined;
}

/** The body of an error as plain JSON. */
interface ErrorBody {
    statusCode: number;
    /** The status in words. */
    error: string;
    message: string;
    /** Stable, for programs. */
    code: string;
    /** The request's id, as it is in the logs. */
    correlationId: string;
    details?: unknown;
    [extension: string]: unknown;
}
/** The body of an error as problem details (RFC 9457). */
interface ProblemBody {
    /** Names the kind of problem: `typeBase` and the code, or `about:blank`. */
    type: string;
    title: string;
    status: number;
    detail: string;
    /** The path that was asked for. */
    instance: string;
    code: string;
    correlationId: string;
    errors?: unknown;
    [extension: string]: unknown;
}

/** What an error with a status of its own may say beside its message. */
type HttpErrorOptions = Omit<AppErrorOptions, 'statusCode'>;
/** What an error that says when to come back may say. */
interface RetryableOptions extends HttpErrorOptions {
    /** **Seconds** until a retry makes sense, sent as `Retry-After` (rounded up). */
    retryAfter?: number | undefined;
}
/** 400: the request makes no sense. */
declare class BadRequestError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/** 401: nobody is signed in. Sent with `WWW-Authenticate`. */
declare class UnauthorizedError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/** 403: signed in, but not allowed to. */
declare class ForbiddenError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/** 404: `new NotFoundError('User')` says `User not found`. */
declare class NotFoundError extends AppError {
    constructor(resource?: string, options?: HttpErrorOptions);
}
/** 405: not with this method. `allow` are the methods that work. */
declare class MethodNotAllowedError extends AppError {
    constructor(allow: readonly string[], message?: string, options?: HttpErrorOptions);
}
/** 409: it contradicts what is there. */
declare class ConflictError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/** 410: it was here, and won't be again. */
declare class GoneError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/** 413: too much at once. */
declare class PayloadTooLargeError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/** 422: well-formed, and yet not acceptable. */
declare class UnprocessableEntityError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/** 429: slower, please. */
declare class TooManyRequestsError extends AppError {
    constructor(message?: string, options?: RetryableOptions);
}
/** 502: a service behind us answered with nonsense. */
declare class BadGatewayError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/** 503: not now. */
declare class ServiceUnavailableError extends AppError {
    constructor(message?: string, options?: RetryableOptions);
}
/** 504: a service behind us took too long. */
declare class GatewayTimeoutError extends AppError {
    constructor(message?: string, options?: RetryableOptions);
}

/** What a defined error always says. */
interface ErrorDefinition<Args extends unknown[]> extends Omit<AppErrorOptions, 'code' | 'cause' | 'details'> {
    /**
     * The message, or what makes it from the constructor's arguments.
     *
     * @defaultValue The status in words
     */
    message?: string | ((...args: Args) => string) | undefined;
    /**
     * The class's name in logs and error trackers.
     *
     * @defaultValue From the code: `USER_NOT_FOUND` is `UserNotFoundError`
     */
    name?: string | undefined;
}
/** The class that {@link defineError} makes: the message's arguments, then options of this one error. */
type DefinedError<Args extends unknown[], Code extends string = string> = new (...args: [...Args, options?: AppErrorOptions]) => AppError & {
    readonly code: Code;
};
/**
 * Makes an error class for a code of your own.
 *
 * @example
 * const UserNotFound = defineError('USER_NOT_FOUND', {
 *   statusCode: 404,
 *   message: (id: string) => `There is no user ${id}`
 * })
 * throw new UserNotFound('42', { cause })
 * @throws RangeError for a code or status that could not be sent.
 */
declare function defineError<Args extends unknown[] = [], const Code extends string = string>(code: Code, definition?: ErrorDefinition<Args>): DefinedError<Args, Code>;

/** One error shape for a whole Fastify app: RFC 9457 problem details or JSON, safe by default. */
declare const errors: FastifyPluginAsync<ErrorsOptions>;

/** A schema with an `$id`. */
interface ErrorSchema {
    readonly $id: string;
    readonly title: string;
    readonly description: string;
    readonly type: 'object';
    readonly required: readonly string[];
    readonly properties: Readonly<Record<string, object>>;
    readonly additionalProperties: true;
}
/** The plain JSON body: `{ $ref: 'SeaworthyError#' }`. */
declare const errorSchema: ErrorSchema;
/** Problem details (RFC 9457): `{ $ref: 'SeaworthyProblem#' }`. */
declare const problemSchema: ErrorSchema;
/** A response of a route's schema, in both shapes. */
interface ErrorResponse {
    description: string;
    content: Record<string, {
        schema: {
            $ref: string;
        };
    }>;
}
/**
 * Response schemas for a route: `schema: { response: { 200: user, ...errorResponses(404, '5xx') } }`.
 *
 * @param statuses - Statuses or `'4xx'`, `'5xx'`; both of these without arguments.
 */
declare function errorResponses(...statuses: readonly (number | string)[]): Record<string, ErrorResponse>;

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

/** The two constructor options that let refusals be seen. `object`: requests of HTTP/1, HTTPS and HTTP/2 alike. */
interface RefusalOptions {
    frameworkErrors: (error: FastifyError, request: object, reply: object) => void;
    clientErrorHandler: (this: FastifyInstance, error: Error & {
        code?: string;
    }, socket: Socket) => void;
}

/** What to spread into `Fastify({ … })`. */
interface ErrorsServerSettings {
    frameworkErrors: RefusalOptions['frameworkErrors'];
    clientErrorHandler: RefusalOptions['clientErrorHandler'];
}
/**
 * The constructor's part: malformed URLs and malformed HTTP are answered in the same shape as all other errors.
 *
 * @param options - The same options that the plugin gets; they are checked.
 * @example
 * const app = Fastify({ ...errorsServerOptions() })
 * await app.register(errors)
 * @throws RangeError for an option that cannot work.
 */
declare function errorsServerOptions(options?: ErrorsOptions): ErrorsServerSettings;

/** One thing that is wrong with a request. */
interface FieldError {
    /** Which part of the request: `body`, `querystring`, `params`, `headers`. */
    in?: string;
    /** A JSON pointer (RFC 6901) into that part: `/items/0/price`. '' is the whole of it. */
    pointer: string;
    /** The rule that failed: `minimum`. */
    keyword: string;
    /** In words, without the submitted value. */
    message: string;
}
/** 400: the request breaks rules. `details` say which, best as {@link FieldError}s. */
declare class ValidationError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
    /** @param details - What is wrong, by itself: `error.validation`, a list of {@link FieldError}s, whatever JSON can say. */
    constructor(message?: string, details?: unknown);
}

export { AppError, BadGatewayError, BadRequestError, ConflictError, ForbiddenError, GatewayTimeoutError, GoneError, MethodNotAllowedError, NotFoundError, PayloadTooLargeError, ServiceUnavailableError, TooManyRequestsError, UnauthorizedError, UnprocessableEntityError, ValidationError, errors as default, defineError, errorResponses, errorSchema, errors, errorsServerOptions, isAppError, problemSchema };
export type { AppErrorOptions, DefinedError, ErrorBody, ErrorClass, ErrorDefinition, ErrorFormat, ErrorHeaders, ErrorMapping, ErrorMessages, ErrorResponse, ErrorSchema, ErrorsOptions, ErrorsServerSettings, FieldError, HttpErrorOptions, MappedError, ProblemBody, RetryableOptions };
