// @seaworthy/errors: index
import { FastifyError, FastifyInstance, FastifyRequest, FastifyPluginAsync } from 'fastify';
import { Socket } from 'node:net';

/** The two constructor options by which plugins see early rejections, for HTTP/1, HTTPS and HTTP/2 alike. */
interface EarlyRejectionOptions {
    frameworkErrors: (error: FastifyError, request: object, reply: object) => void;
    clientErrorHandler: (this: FastifyInstance, error: Error & {
        code?: string;
    }, socket: Socket) => void;
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
 * Response headers of an error: `{ 'retry-after': 30 }`.
 *
 * @example
 * const headers: ErrorHeaders = { 'retry-after': 30 }
 * throw new AppError('Later', { statusCode: 503, headers })
 */
type ErrorHeaders = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * Options of an {@link AppError}.
 *
 * @example
 * const options: AppErrorOptions = { statusCode: 402, code: 'CARD_DECLINED', headers: { 'retry-after': 60 } }
 * throw new AppError('The card was declined', options)
 */
interface AppErrorOptions {
    /**
     * The status of the response, a whole number from 400 to 599. Anything else becomes 500.
     *
     * @defaultValue 500
     */
    statusCode?: number | undefined;
    /**
     * The code by which programs recognise the error. It should never change. 1 to 64 letters, digits, `_`, `.` and `-`;
     * anything else becomes the default.
     *
     * @defaultValue The status as a code: `NOT_FOUND`
     */
    code?: string | undefined;
    /**
     * The error or value that led to this error. It is logged and never sent.
     *
     * @defaultValue none: the error has no cause
     */
    cause?: unknown;
    /**
     * Response headers that belong to the error: `retry-after`, `www-authenticate`, `allow`.
     *
     * @defaultValue none: the error adds no header
     */
    headers?: ErrorHeaders | undefined;
    /**
     * Details of the error. They are sent unchanged, so they must hold no secret and no submitted value.
     *
     * @defaultValue none: the body has no details
     */
    details?: unknown;
    /**
     * Further members of the body. Only those are sent that the plugin's option `extensions` names.
     *
     * @defaultValue none: the body has no further members
     */
    extensions?: Readonly<Record<string, unknown>> | undefined;
    /**
     * Whether the message is sent to the client.
     *
     * @defaultValue `true` below 500, else `false`
     */
    expose?: boolean | undefined;
}
/**
 * An error that is made for the client: its status, code, headers and details are sent, and below 500 its message too.
 *
 * @example
 * throw new AppError('The order is being packed', { statusCode: 409, code: 'ORDER_LOCKED' })
 */
declare class AppError extends Error {
    /** The status of the response, from 400 to 599. */
    readonly statusCode: number;
    /** Stable, for programs. */
    readonly code: string;
    readonly headers?: ErrorHeaders | undefined;
    readonly details?: unknown;
    readonly extensions?: Readonly<Record<string, unknown>> | undefined;
    readonly expose?: boolean | undefined;
    /** @throws RangeError if `options` is no object, as in `new AppError(message, 404)`: it would be a 500 unnoticed. */
    constructor(message: string, options?: AppErrorOptions);
}
/**
 * Whether `error` is an {@link AppError} or another error made for clients, from any copy of this package (CommonJS
 * beside ESM, two versions), and has the code if one is passed. Use it instead of `instanceof`.
 *
 * @example
 * const save = async () => Promise.reject(new Error('gone'))
 * await save().catch((error) => {
 *   if (isAppError(error, 'NOT_FOUND')) console.log('nothing to save')
 *   else throw error
 * })
 */
declare function isAppError<const Code extends string = string>(error: unknown, code?: Code): error is AppError & {
    readonly code: Code;
};

/**
 * Codes that this package puts into responses and into the metric `errors_total`. An app's errors may carry others, and
 * errors of Fastify and its plugins keep their own (`FST_ERR_…`).
 *
 * @example
 * const code: ErrorCode = 'VALIDATION_ERROR'
 * const { code: sent } = (await app.inject('/')).json<ErrorBody>()
 * console.log(sent === code)
 */
type ErrorCode = 'BAD_REQUEST' | 'VALIDATION_ERROR' | 'FST_ERR_VALIDATION' | 'MALFORMED_REQUEST' | 'UNAUTHORIZED' | 'FORBIDDEN' | 'NOT_FOUND' | 'ROUTE_NOT_FOUND' | 'METHOD_NOT_ALLOWED' | 'REQUEST_TIMEOUT' | 'CONFLICT' | 'GONE' | 'PAYLOAD_TOO_LARGE' | 'UNPROCESSABLE_ENTITY' | 'TOO_MANY_REQUESTS' | 'RATE_LIMIT_EXCEEDED' | 'REQUEST_HEADER_FIELDS_TOO_LARGE' | 'CLIENT_CLOSED_REQUEST' | 'INTERNAL_SERVER_ERROR' | 'BAD_GATEWAY' | 'SERVICE_UNAVAILABLE' | 'GATEWAY_TIMEOUT' | 'RESPONSE_CUT_OFF' | 'ERROR_AFTER_RESPONSE';

/**
 * The two shapes of an error's body.
 *
 * @example
 * const format: ErrorFormat = 'problem'
 * await app.register(errors, { format })
 */
type ErrorFormat = 'json' | 'problem';
/**
 * Translates the message of a code into a language (`de-CH`, `de`). Returns `undefined` if there is no translation.
 *
 * @example
 * const messages: ErrorMessages = (code, locale) => (code === 'NOT_FOUND' && locale.startsWith('de') ? 'Nicht gefunden' : undefined)
 * await app.register(errors, { messages })
 */
type ErrorMessages = (code: string, locale: string, message: string) => string | undefined;

/**
 * The body of an error as plain JSON.
 *
 * @example
 * const { message, code, correlationId } = (await app.inject('/')).json<ErrorBody>()
 * console.log(`${code}: ${message} (${correlationId})`)
 */
interface ErrorBody {
    statusCode: number;
    /** The status in words. */
    error: string;
    message: string;
    /** Stable, for programs. */
    code: string;
    /** The id of the request, as in the logs. */
    correlationId: string;
    details?: unknown;
    [extension: string]: unknown;
}
/**
 * The body of an error as problem details (RFC 9457).
 *
 * @example
 * const response = await app.inject({ url: '/', headers: { accept: 'application/problem+json' } })
 * const { type, title, detail } = response.json<ProblemBody>()
 * console.log(type, title, detail)
 */
interface ProblemBody {
    /** Identifies the kind of problem: `typeBase` and the code, or `about:blank`. */
    type: string;
    title: string;
    status: number;
    detail: string;
    /** The path of the request. */
    instance: string;
    code: string;
    correlationId: string;
    errors?: unknown;
    [extension: string]: unknown;
}

/**
 * Options of an error class that has a fixed status.
 *
 * @example
 * const options: HttpErrorOptions = { code: 'ORDER_LOCKED', cause: new Error('row is locked') }
 * throw new ConflictError('The order is being packed', options)
 */
type HttpErrorOptions = Omit<AppErrorOptions, 'statusCode'>;
/**
 * 400 Bad Request: the server cannot understand the request.
 *
 * @example
 * throw new BadRequestError('The date is in the past', { code: 'DATE_IN_THE_PAST' })
 */
declare class BadRequestError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/**
 * 401 Unauthorized: the request has no valid credentials. It is sent with `WWW-Authenticate`.
 *
 * @example
 * throw new UnauthorizedError('The link has expired')
 */
declare class UnauthorizedError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/**
 * 403 Forbidden: the user is authenticated, and lacks the permission.
 *
 * @example
 * throw new ForbiddenError('Only the owner may do this')
 */
declare class ForbiddenError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/**
 * 404 Not Found: the message of `new NotFoundError('User')` is `User not found`.
 *
 * @example
 * throw new NotFoundError('Order')
 */
declare class NotFoundError extends AppError {
    constructor(resource?: string, options?: HttpErrorOptions);
}
/**
 * 405 Method Not Allowed. `allow` lists the methods that the resource supports.
 *
 * @example
 * throw new MethodNotAllowedError(['GET', 'PUT'])
 */
declare class MethodNotAllowedError extends AppError {
    constructor(allow: readonly string[], message?: string, options?: HttpErrorOptions);
}
/**
 * 409 Conflict: the request contradicts the current state of the resource.
 *
 * @example
 * throw new ConflictError('The order has been packed already')
 */
declare class ConflictError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/**
 * 410 Gone: the resource was removed for good.
 *
 * @example
 * throw new GoneError('The offer has ended')
 */
declare class GoneError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/**
 * 413 Payload Too Large.
 *
 * @example
 * throw new PayloadTooLargeError('At most 100 items')
 */
declare class PayloadTooLargeError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/**
 * 422 Unprocessable Entity: the request is well-formed, and its content is not acceptable.
 *
 * @example
 * throw new UnprocessableEntityError('The IBAN is not valid', { details: [{ pointer: '/iban' }] })
 */
declare class UnprocessableEntityError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}
/**
 * 502 Bad Gateway: an upstream service sent an invalid response.
 *
 * @example
 * throw new BadGatewayError('The shipping service sent nonsense')
 */
declare class BadGatewayError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
}

/**
 * Options of an error that tells the client when to retry.
 *
 * @example
 * const options: RetryableOptions = { retryAfter: 30 }
 * throw new ServiceUnavailableError('The warehouse is away', options)
 */
interface RetryableOptions extends HttpErrorOptions {
    /**
     * **Seconds** until a retry makes sense, at least 0. It is rounded up and sent as `Retry-After`.
     *
     * @defaultValue none: the response has no `Retry-After`
     */
    retryAfter?: number | undefined;
}
/**
 * 429 Too Many Requests.
 *
 * @example
 * throw new TooManyRequestsError('One export a minute', { retryAfter: 60 })
 */
declare class TooManyRequestsError extends AppError {
    constructor(message?: string, options?: RetryableOptions);
}
/**
 * 503 Service Unavailable: the service cannot handle the request at the moment.
 *
 * @example
 * throw new ServiceUnavailableError('Closed for stocktaking', { retryAfter: 3600 })
 */
declare class ServiceUnavailableError extends AppError {
    constructor(message?: string, options?: RetryableOptions);
}
/**
 * 504 Gateway Timeout: an upstream service took too long.
 *
 * @example
 * throw new GatewayTimeoutError('The shipping service is slow')
 */
declare class GatewayTimeoutError extends AppError {
    constructor(message?: string, options?: RetryableOptions);
}

/**
 * The definition of an error class: the options that all its errors share.
 *
 * @example
 * const definition: ErrorDefinition<[item: string]> = { statusCode: 409, message: (item) => `${item} is sold out` }
 * const SoldOut = defineError('SOLD_OUT', definition)
 * throw new SoldOut('The book')
 */
interface ErrorDefinition<Args extends unknown[]> extends Omit<AppErrorOptions, 'code' | 'cause' | 'details'> {
    /**
     * The message, or a function that makes it from the constructor's arguments.
     *
     * @defaultValue The status in words
     */
    message?: string | ((...args: Args) => string) | undefined;
    /**
     * The name of the class in logs and error trackers.
     *
     * @defaultValue From the code: `USER_NOT_FOUND` becomes `UserNotFoundError`
     */
    name?: string | undefined;
}
/**
 * A class made by {@link defineError}. Its constructor takes the message's arguments, then options of the error.
 *
 * @example
 * const SoldOut: DefinedError<[item: string]> = defineError('SOLD_OUT', { statusCode: 409, message: (item: string) => `${item} is sold out` })
 * throw new SoldOut('The book')
 */
type DefinedError<Args extends unknown[], Code extends string = string> = new (...args: [...Args, options?: AppErrorOptions]) => AppError & {
    readonly code: Code;
};
/**
 * Makes an error class for a code of the app.
 *
 * @example
 * const OrderLocked = defineError('ORDER_LOCKED', {
 *   statusCode: 409,
 *   message: (id: string) => `Order ${id} is being packed`
 * })
 * throw new OrderLocked('7')
 * @throws RangeError with the code `INVALID_OPTION` for a code or status that cannot be sent.
 */
declare function defineError<Args extends unknown[] = [], const Code extends string = string>(code: Code, definition?: ErrorDefinition<Args>): DefinedError<Args, Code>;

/**
 * A class of errors.
 *
 * @example
 * class DriverError extends Error {}
 * const match: ErrorClass = DriverError
 * await app.register(errors, { map: [{ match, to: 503 }] })
 */
type ErrorClass = abstract new (...args: never[]) => object;
/**
 * The response to a mapped error: see {@link ErrorMapping}.
 *
 * @example
 * const to: MappedError = { statusCode: 409, code: 'DUPLICATE', message: 'It exists already' }
 * await app.register(errors, { map: [{ match: '23505', to }] })
 */
type MappedError = AppErrorOptions & {
    /**
     * The message for the client, sent with any status.
     *
     * @defaultValue The status in words
     */
    message?: string | undefined;
};
/**
 * A rule that gives errors of other libraries a response: a database driver's, an HTTP client's.
 *
 * @example
 * const down: ErrorMapping = { match: 'ECONNREFUSED', to: { statusCode: 503, code: 'DATABASE_DOWN' } }
 * await app.register(errors, { map: [down] })
 */
interface ErrorMapping {
    /** A class (matched with `instanceof`), the `code` of an error, or a function that returns `true` for a match. */
    match: ErrorClass | string | ((error: unknown) => boolean);
    /**
     * A status, options of the response, an error class of this package whose constructor needs no argument
     * (`ConflictError`), or a function that returns a status, options or an error. If a function returns `undefined`, the
     * next rule is evaluated. The original error becomes the `cause`, for the log. Functions return at once: a promise
     * makes the response a 500.
     */
    to: number | MappedError | (new () => AppError) | ((error: unknown, request: FastifyRequest) => AppError | MappedError | number | undefined);
}

/**
 * Options of the errors plugin. Every option may be left out.
 *
 * @example
 * const options: ErrorsOptions = { format: 'problem', typeBase: 'https://errors.example.com/' }
 * await app.register(errors, options)
 */
interface ErrorsOptions {
    /**
     * The shape of bodies. `json` is `{ statusCode, error, message, code, correlationId, details? }`, or RFC 9457 if the
     * `Accept` header of the request has `application/problem+json`. `problem` is RFC 9457 for all requests.
     *
     * @defaultValue 'json'
     */
    format?: ErrorFormat | undefined;
    /**
     * The start of problem types. The code follows it: `https://errors.example.com/user-not-found`. An absolute URL, or a
     * path from the root; a `/` is added unless it ends in `/`, `#` or `:`.
     *
     * @defaultValue none: all types are `about:blank`
     * @throws RangeError for anything else.
     */
    typeBase?: string | undefined;
    /**
     * Rules `{ match, to }` for errors of other libraries, evaluated in order. An error that no rule matches, and that is
     * not made by Fastify or http-errors, is answered without its message: with the `statusCode` of its class, else 500.
     *
     * @defaultValue []
     * @throws RangeError for a rule that is incomplete, whose status is not from 400 to 599, or whose class needs
     * arguments.
     */
    map?: readonly ErrorMapping[] | undefined;
    /**
     * Whether messages that are masked are sent too, those of 5xx and of errors not made for clients: `true` for
     * development, or a function that decides for each error.
     *
     * @defaultValue false
     */
    expose?: boolean | ((error: unknown, statusCode: number) => boolean) | undefined;
    /**
     * Whether errors are answered by the rules above. `'observe'` sends the status that an error carries, and below 500 its
     * message, as Fastify does without the plugin, and logs each kind that `'enforce'` would answer in another way: for
     * an app that is being converted.
     *
     * @defaultValue 'enforce'
     */
    mode?: 'enforce' | 'observe' | undefined;
    /**
     * Translates messages. It is called for each language of `Accept-Language`, preferred first, until it returns a text.
     *
     * @defaultValue none: the error's own message is sent
     */
    messages?: ErrorMessages | undefined;
    /**
     * The members of an error's `extensions` that are sent as members of the body.
     *
     * @defaultValue []
     * @throws RangeError for a name that error bodies already have.
     */
    extensions?: readonly string[] | undefined;
    /**
     * The `WWW-Authenticate` header of a 401 that has none. `false` leaves it out.
     *
     * @defaultValue 'Bearer'
     * @throws RangeError for a text that is no header value.
     */
    challenge?: string | false | undefined;
    /**
     * Whether the plugin responds to unknown routes. A handler that the app sets, before or after, is kept. In a scope
     * with a prefix, use `false` if the app calls `setNotFoundHandler` after registering the plugin.
     *
     * @defaultValue true
     */
    notFound?: boolean | undefined;
    /**
     * Whether a path that exists for another method is answered with 405 and `Allow`, instead of 404.
     *
     * @defaultValue false
     */
    methodNotAllowed?: boolean | undefined;
    /**
     * Whether the schemas `SeaworthyError` and `SeaworthyProblem` are there for `$ref`: in each scope with a route that refers
     * to another schema, and in the whole app if it has routes before the plugin.
     *
     * @defaultValue true
     */
    schemas?: boolean | undefined;
    /**
     * Whether failed requests are logged: 5xx at level error with cause and stack, others at level info.
     *
     * @defaultValue `true`, but `false` beside observability, whose request line has the error
     */
    log?: boolean | undefined;
}

/**
 * One error shape for a whole Fastify app: RFC 9457 problem details or JSON, safe by default.
 *
 * @example
 * await app.register(errors, { map: [{ match: 'ECONNREFUSED', to: 503 }] })
 * app.get('/orders/:id', async () => {
 *   throw new NotFoundError('Order')
 * })
 */
declare const errors: FastifyPluginAsync<ErrorsOptions>;

/**
 * A JSON schema with an `$id`.
 *
 * @example
 * const schemas: readonly ErrorSchema[] = [errorSchema, problemSchema]
 * console.log(schemas.map(({ $id }) => $id))
 */
interface ErrorSchema {
    readonly $id: string;
    readonly title: string;
    readonly description: string;
    readonly type: 'object';
    readonly required: readonly string[];
    readonly properties: Readonly<Record<string, object>>;
    readonly additionalProperties: true;
}
/**
 * The plain JSON body: `{ $ref: 'SeaworthyError#' }`.
 *
 * @example
 * console.log(Object.keys(errorSchema.properties))
 */
declare const errorSchema: ErrorSchema;
/**
 * Problem details (RFC 9457): `{ $ref: 'SeaworthyProblem#' }`.
 *
 * @example
 * console.log(problemSchema.$id, problemSchema.required)
 */
declare const problemSchema: ErrorSchema;
/**
 * An error response in a route's schema, in both shapes.
 *
 * @example
 * const responses: Record<string, ErrorResponse> = errorResponses(404)
 * console.log(responses['404']?.description)
 */
interface ErrorResponse {
    description: string;
    content: Record<string, {
        schema: {
            $ref: string;
        };
    }>;
}
/**
 * Makes response schemas for a route: `schema: { response: { 200: user, ...errorResponses(404, '5xx') } }`.
 *
 * @example
 * const schema = { response: { ...errorResponses(404, '5xx') } }
 * app.get('/orders/:id', { schema }, async () => 'order')
 * @param statuses - Statuses, or `'4xx'` and `'5xx'`, which are the default.
 */
declare function errorResponses(...statuses: readonly (number | string)[]): Record<string, ErrorResponse>;

/**
 * Options to spread into `Fastify({ … })`.
 *
 * @example
 * const settings: ErrorsServerSettings = errorsServerOptions({ format: 'problem' })
 * const app = Fastify({ ...settings })
 */
interface ErrorsServerSettings {
    frameworkErrors: EarlyRejectionOptions['frameworkErrors'];
    clientErrorHandler: EarlyRejectionOptions['clientErrorHandler'];
}
/**
 * The options that only the constructor can take: with them, malformed URLs and malformed HTTP are answered in the same
 * shape as all other errors.
 *
 * @param options - The options that the plugin gets. They are checked.
 * @example
 * const app = Fastify({ ...errorsServerOptions() })
 * await app.register(errors)
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
declare function errorsServerOptions(options?: ErrorsOptions): ErrorsServerSettings;

/**
 * One violation of a rule by a request.
 *
 * @example
 * const missing: FieldError = { pointer: '/email', keyword: 'required', message: 'must be there' }
 * throw new ValidationError('The form is not complete', [missing])
 */
interface FieldError {
    /** The part of the request: `body`, `querystring`, `params`, `headers`. */
    in?: string;
    /** A JSON pointer (RFC 6901) into that part: `/items/0/price`. '' is the whole part. */
    pointer: string;
    /** The rule that failed: `minimum`. */
    keyword: string;
    /** The failure in words, without the submitted value. */
    message: string;
}
/**
 * 400 Bad Request: the request breaks rules. `details` lists them, preferably as {@link FieldError}s.
 *
 * @example
 * throw new ValidationError('The order is not complete', [{ pointer: '/items', keyword: 'minItems', message: 'must have an item' }])
 */
declare class ValidationError extends AppError {
    constructor(message?: string, options?: HttpErrorOptions);
    /** @param details - The violations: `error.validation`, a list of {@link FieldError}s, or any other JSON. */
    constructor(message?: string, details?: unknown);
}

export { AppError, BadGatewayError, BadRequestError, ConflictError, ForbiddenError, GatewayTimeoutError, GoneError, MethodNotAllowedError, NotFoundError, PayloadTooLargeError, ServiceUnavailableError, TooManyRequestsError, UnauthorizedError, UnprocessableEntityError, ValidationError, errors as default, defineError, errorResponses, errorSchema, errors, errorsServerOptions, isAppError, problemSchema };
export type { AppErrorOptions, DefinedError, ErrorBody, ErrorClass, ErrorCode, ErrorDefinition, ErrorFormat, ErrorHeaders, ErrorMapping, ErrorMessages, ErrorResponse, ErrorSchema, ErrorsOptions, ErrorsServerSettings, FieldError, HttpErrorOptions, MappedError, ProblemBody, RetryableOptions };
