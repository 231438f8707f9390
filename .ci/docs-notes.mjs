// Meanings that the generated pages add to what the sources say. `npm run docs` stops where one is missing.

/** Texts in the sources that look like log lines and are errors of the start, or the usage of a command. */
export const noLines = [
  /^auth: the (?:decorator|app or another plugin)/,
  /^shutdown: <message>/,
  /^resilience: the option "<option>" of the breaker/,
  /^seaworthy: the app is being adopted$/
]

/** The level of lines that one function writes for several callers. */
export const lineLevels = [
  [/^auth: <type> <outcome>/, 'info; warn for `refresh_reused`'],
  [/^observability: (?:this version of|the environment names)/, 'warn'],
  [/^observability: (?:log lines could not be pushed|the OTLP collector rejected)/, 'warn'],
  [/^observability: a line could not be written/, 'that of the line'],
  [/^observability: "<message>" could not be logged/, 'a process warning'],
  [/^shutdown: <origin>, which cannot be logged/, 'a process warning'],
  [/^seaworthy: <join>/, 'info'],
  [/ cannot be loaded/, 'warn'],
  [/^seaworthy: constructor options are missing/, 'warn; without a logger a process warning']
]

/** Lines without a second part: the beginning, and what we do. */
export const lineEffects = [
  [
    'auth: <server> answers again',
    'Calls to it are made again; revocations of this process are written into it'
  ],
  ['auth: <type> <outcome>', 'We record the event, count it, and pass it to `onAudit`'],
  ['auth: "<name>" answers in time again', 'Its requests are served again'],
  ['auth: revocations are up to date again', 'Tokens are checked against the shared list again'],
  ['auth: the connection to Redis failed', 'We connect again; until then the policies for an outage apply'],
  ['auth: the keys of an issuer are there again', 'Its new tokens are verified again'],
  ['auth: token introspection works again', 'The issuer is asked about opaque tokens again'],
  ['errors: malformed request rejected', 'The client gets a 4xx in the shape of all errors'],
  ['errors: request failed', 'The client gets a 5xx without the message'],
  ['errors: request rejected', 'The client gets the 4xx with a code'],
  [
    'errors: response cut off',
    'We close the connection, so that the client cannot take the body for whole, and count it'
  ],
  ['health: check "<name>" fails', 'Readiness is 503 if the check is critical, else the service is degraded'],
  ['health: check "<name>" is degraded', 'Readiness stays 200 and says `degraded`'],
  ['health: check "<name>" passes again', 'Readiness counts it as passing'],
  ['health: maintenance ended', 'Readiness depends on the checks again'],
  ['health: startup task "<name>" succeeded', 'Readiness no longer waits for it'],
  ['observability: an onResponse hook failed', 'We log the error; the other hooks run'],
  ['observability: an operator has done', 'The action is in force, in all workers'],
  ['observability: an operator was denied', 'Nothing was changed'],
  ['observability: the OTLP collector accepts metrics again', 'We push at the normal interval'],
  [
    'observability: the OTLP collector accepts log lines again',
    'We push what has waited; `lost` counts the lines that only the log has'
  ],
  [
    'observability: the log level was changed',
    'The level is in force, in all workers, until the time in the line'
  ],
  [
    'observability: the management listener is open',
    "It serves the operators' page, metrics and actions on the port in the line"
  ],
  ['seaworthy: <join>', 'The parts in the line are on, off or have stepped back'],
  ['seaworthy: Redis can be used again', 'All parts use it again'],
  ['seaworthy: a secret has changed in its file', 'We use the new value; keys from before still verify'],
  ['seaworthy: constructor options are missing', 'The app runs without what the line names'],
  [
    'security: X-Forwarded-* headers are trusted only from these proxies',
    "We take the client's address from these headers, if the peer is in the list"
  ],
  [
    'security: the connection to Redis failed',
    'We connect again; until then each limit follows its `onStoreError`'
  ],
  ['security: the proxy is trusted, limits count its clients', 'Each client has a limit of its own'],
  ['shutdown: done', 'The process exits with the code in the line'],
  ['shutdown: draining', 'We serve on, readiness is 503, and the listener closes when traffic has moved'],
  ['shutdown: fits into the grace period', 'We use the time limits as they are'],
  ['shutdown: the start was interrupted by a signal', 'We stop the start and close what was open']
]

/** Lines without a third part: the beginning, and what to do. */
export const lineNotes = [
  [
    'auth: <type> <outcome>',
    'Nothing: one line of the audit, such as `auth: login failed`. Its field `audit` has subject, scheme and code.'
  ],
  [
    'auth: an issuer publishes',
    'Ask the operator of the issuer for a key of at least RSA 2048, P-256 or Ed25519. Tokens of this key get 401.'
  ],
  [
    'errors: reading or mapping an error failed',
    'Correct the getter of the error, or the rule of `map`, that the field `err` names.'
  ],
  [
    'errors: request failed',
    'Look at `err`: it has the error, its causes and stacks. The response had only a code and the correlation id.'
  ],
  [
    'errors: response cut off',
    'Look at `err`: a stream failed after the head was sent. The client sees a broken connection.'
  ],
  ['errors: the option "messages" has thrown', 'Correct the function `messages`.'],
  [
    'health: check "<name>" fails',
    'Look at `err` and at the dependency. The line comes once for each change.'
  ],
  [
    'health: check "<name>" has failed for longer',
    'Repair the dependency: the replica serves traffic without it.'
  ],
  ['health: check "<name>" is degraded', 'Look at the dependency. The service still gets traffic.'],
  [
    'health: check "<name>" is slow',
    'Look at the dependency, or raise `timeout` or `slowAfter` of the check.'
  ],
  [
    'resilience: the mode of the breaker',
    'Nothing: an operator did it on the management listener. The field `ttl` says for how long.'
  ],
  ['health: the app is no longer broken', 'Nothing: the app took it back.'],
  ['health: maintenance', 'Nothing: an operator or the app switched it.'],
  ['health: the app has its own', 'Remove the route of the app, or choose another `prefix`.'],
  [
    'observability: an onResponse hook failed',
    'Correct the hook that `err` names. The client has its response already.'
  ],
  ['observability: errorTracking.userId failed', 'Correct the function `errorTracking.userId`.'],
  [
    'observability: a turn of the event loop took too long',
    'Split or move what is at the top of `stack`. `withoutLine` counts the turns before it that had no line of their own.'
  ],
  [
    'observability: the log level was changed',
    'Nothing: an operator did it on the management listener. The field `until` says when it returns.'
  ],
  [
    'seaworthy: <join>',
    'Nothing: the report of the start, such as `seaworthy: on: observability, errors; off: auth (…)`.'
  ],
  ['seaworthy: constructor options are missing', 'Build the app with `Fastify(serverOptions(options))`.'],
  [
    'shutdown: "<name>" did not close',
    'Correct the function of `onShutdown` with this name, or give it a longer `timeout`.'
  ],
  [
    'shutdown: background work was cut',
    'Look at `work`: name, id and age. Raise `timeout` if it is normal, and the grace period of the platform with it.'
  ],
  [
    'shutdown: background work',
    'Correct the work that `err` names. With `waitUntil` the line has the id of the request.'
  ],
  [
    'shutdown: <request>,',
    'Raise `timeout` if such requests are normal, and the grace period of the platform with it.'
  ],
  [
    'shutdown: <origin>, which cannot be logged',
    'Look for code that throws something else than an error, or for a serializer of the logger that throws.'
  ],
  [
    'shutdown: <origin>;',
    'Look at `err`: an exception was not caught, or a rejection not handled. Correct that code.'
  ],
  [
    'auth: a service with other secrets',
    'Give each service a name of its own: the option `redisPrefix`, or `OTEL_SERVICE_NAME`.'
  ],
  [
    'observability: an operator has done',
    'Nothing: the audit of the operators’ listener. The field `operator` has the action.'
  ],
  [
    'observability: an operator was denied',
    'Look at the field `operator`: a page of another site, a wrong token, or an option forbids the action.'
  ],
  [
    'resilience: "<name>" is called without a request',
    'Pass the request as the first argument of `call`, or `null` outside of requests.'
  ],
  [
    'resilience: the function of "<name>" takes a callback',
    'Guard a function that returns a promise: `util.promisify(fn)`, or the version of the library with promises.'
  ],
  [
    'security: the limit "<name>" is changed',
    'Nothing: an operator did it on the management listener. The field `ttl` says for how long.'
  ],
  ['seaworthy: a secret has changed in its file', 'Nothing. The field `path` has the file.'],
  ['seaworthy: the TLS certificate has changed', 'Nothing. The field `until` says when the new one expires.'],
  [
    'seaworthy: "<path>" is <value> milliseconds',
    'Write the time in milliseconds, or as text with a unit, such as `30 s`.'
  ],
  [
    'seaworthy: it is registered in a scope',
    'Register the preset on the app itself, or wrap the plugin around it in fastify-plugin.'
  ],
  [
    'seaworthy: the app is being adopted',
    'Correct what the log names, then remove `adopt` or `SEAWORTHY_ADOPT`.'
  ],
  [
    'seaworthy: the app registers "<plugin>" after seaworthy',
    'Keep one of the two: switch the part off, or remove the plugin.'
  ],
  [
    'shutdown: enableShutdownHooks of Nest',
    "Remove `enableShutdownHooks()`, and register `shutdown.onShutdown('nest', () => app.close())`."
  ],
  ['shutdown: the option "exit" failed', 'Correct the function `exit` that `err` names.'],
  ['shutdown: an onDrain listener failed', 'Correct the listener that `err` names.'],
  ['shutdown: app.close() failed', 'Correct the `onClose` hook that `err` names.'],
  ['shutdown: app.close() will answer 503', 'Build the app with `Fastify({ ...shutdownServerOptions() })`.'],
  ['shutdown: failed', 'Look at `err`, and report it: the shutdown itself should not fail.']
]

/** Codes of errors: status, when, what to do. */
export const errorNotes = {
  // auth
  AUTH_REQUIRED: ['401', 'The request has no credentials', 'Log in; `WWW-Authenticate` lists the schemes'],
  AUTH_INVALID_TOKEN: ['401', 'The token is not valid', 'Log in again'],
  AUTH_DPOP_REQUIRED: [
    '401',
    'The token is bound to a key and came without its proof, or a token that is bound is required',
    'Send `Authorization: DPoP` with a proof in `DPoP`'
  ],
  AUTH_INVALID_DPOP_PROOF: [
    '401',
    'The proof is not for this request, too old, used before, or not signed by its key',
    'Make a new proof; the message names the fault'
  ],
  AUTH_USE_DPOP_NONCE: [
    '401',
    'The proof lacks the nonce of the service',
    'Repeat the request with the nonce of `DPoP-Nonce`'
  ],
  AUTH_TOKEN_EXPIRED: ['401', 'The token has expired', 'Refresh'],
  AUTH_TOKEN_REVOKED: ['401', 'The token, its login or its user was revoked', 'Log in again'],
  AUTH_REFRESH_INVALID: ['401', 'The refresh token is unknown, or was used before', 'Log in again'],
  AUTH_INVALID_API_KEY: ['401', 'The API key is unknown, wrong or expired', 'Use another key'],
  AUTH_LOGIN_REJECTED: ['401', 'The provider rejected the login, or the user cancelled it', 'Try again'],
  AUTH_LOGIN_INVALID: ['401', "The provider's response is not valid", 'Try again'],
  AUTH_STATE_INVALID: [
    '400',
    'The login was not started in this browser, was used before, or has expired',
    'Start again'
  ],
  AUTH_LOGOUT_TOKEN_INVALID: [
    '400',
    'A logout token of a provider is not valid, or was used before',
    'The log has the reason; see `logout.tokenType`'
  ],
  AUTH_LOGOUT_FAILED: [
    '400',
    "A provider's logout could not be done: its keys or Redis are out of reach",
    'The provider sends it again; the log has the reason'
  ],
  AUTH_INVALID_CREDENTIALS: ['401', 'Account or password is wrong', 'Try again'],
  AUTH_INSUFFICIENT_AUTHENTICATION: [
    '401',
    "The user's login is too old or too weak for `acr`, `amr` or `maxAge`",
    'Log in again as the challenge says'
  ],
  AUTH_TOO_MANY_SESSIONS: ['403', 'A login above `session.maxSessions`', 'End another session'],
  AUTH_FORBIDDEN: ['403', 'A role, scope or policy is missing', 'Request access'],
  AUTH_CROSS_SITE: [
    '403',
    'Another site made a browser write',
    'If the site is yours, add it to `csrf.trustedOrigins`'
  ],
  AUTH_UNMARKED_ROUTE: [
    '403',
    'The route was added before this plugin, and its `config.auth` or `defaultDeny` requires a rule',
    '`await app.register(auth, …)` before the routes'
  ],
  AUTH_TOO_MANY_ATTEMPTS: ['429', 'Too many logins failed, or API keys were wrong', 'Wait for `Retry-After`'],
  AUTH_LOGINS_BUSY: [
    '503',
    'More password logins arrive than the process can check',
    'Retry after `Retry-After`'
  ],
  AUTH_CALLBACK_TIMEOUT: [
    '503',
    'A function of the app (`apiKeys.find`, `jwt.refreshClaims`, `onLogin`) takes longer than `callbackTimeout`',
    'Retry after `Retry-After`; the log names the function'
  ],
  AUTH_KEYS_UNAVAILABLE: ['503', 'The keys of an issuer cannot be fetched', 'Retry after `Retry-After`'],
  AUTH_INTROSPECTION_UNAVAILABLE: [
    '503',
    'The issuer of opaque tokens sends no usable response',
    'Retry after `Retry-After`'
  ],
  AUTH_PROVIDER_UNAVAILABLE: ['503', 'The login provider does not respond', 'Retry after `Retry-After`'],
  AUTH_STORE_UNAVAILABLE: ['503', 'Redis does not respond', 'Retry after `Retry-After`'],
  AUTH_SESSION_TOO_LARGE: [
    '500',
    'The session needs a cookie of more than 4096 bytes, which browsers drop',
    'Store the data elsewhere, and its id in the session'
  ],
  AUTH_NOT_CONFIGURED: [
    '500',
    'A hook of this plugin runs without any configured scheme',
    'Set `jwt`, `session` or `apiKeys`'
  ],
  // errors
  VALIDATION_ERROR: ['400', 'A `ValidationError` was thrown', 'Correct what `details` lists'],
  FST_ERR_VALIDATION: ['400', "A request breaks its route's schema", 'Correct what `details` lists'],
  MALFORMED_REQUEST: ['400', 'The request is not valid HTTP', 'Correct the client'],
  ROUTE_NOT_FOUND: ['404', 'No route has this path', 'Check the URL'],
  METHOD_NOT_ALLOWED: [
    '405',
    'The path exists for other methods (with `methodNotAllowed`)',
    'Use one that `Allow` lists'
  ],
  RATE_LIMIT_EXCEEDED: ['429', '@fastify/rate-limit rejected the request', 'Wait for `Retry-After`'],
  CLIENT_CLOSED_REQUEST: [
    '499',
    'The client closed the connection, and the request was aborted',
    'Nothing: it is only logged and counted'
  ],
  INTERNAL_SERVER_ERROR: [
    '500',
    'An error that is not made for clients',
    'Search the log for the `correlationId`'
  ],
  // observability
  EADDRINUSE: ['none', 'The management port is in use; the start stops', 'Choose another'],
  // preset
  ERR_ENVIRONMENT: [
    'none',
    '`fromEnv` found problems: `error.problems` has one sentence for each',
    'Correct the variables in the message'
  ],
  ERR_UNSUPPORTED_VERSION: [
    'none',
    'The version of Node or Fastify is not supported',
    'Install the version in the message'
  ],
  // resilience
  BREAKER_OPEN: [
    '503',
    'The breaker is open or isolated; `cause` is the latest failure',
    'Retry after `error.retryAfter` seconds'
  ],
  UPSTREAM_LIMITED: [
    '503',
    'The service that is called has asked to wait, by `Retry-After` or `RateLimit`',
    'Retry after `error.retryAfter` seconds'
  ],
  ADDRESS_NOT_ALLOWED: [
    '400',
    'With `allowPrivate: false`: the address is not a public one. Or the URL has no host',
    'Name another address'
  ],
  BULKHEAD_FULL: [
    '503',
    'All slots are taken, and the queue is full or too slow',
    'Retry after `error.retryAfter` seconds'
  ],
  TIMEOUT: ['504', 'The call took longer than its timeout', 'Retry later'],
  DEADLINE_EXCEEDED: ['504', "The request's deadline has passed", 'Send a longer deadline, or retry later'],
  UPSTREAM_FAILED: ['502', 'The call failed; `cause` is the failure', 'Retry later'],
  CALL_CANCELED: [
    '499, 504, 500',
    'The client has disconnected (499), or the app has ended the call by its own signal: its time was over (504), or for another reason (500)',
    'Nothing with 499: the response is not read. Otherwise retry later'
  ],
  OVERLOADED: ['503', 'Load shedding rejected the request', 'Retry after `error.retryAfter` seconds'],
  SERVICE_CLOSING: ['503', 'The app is closed', 'Retry with another instance'],
  INVALID_PATH_SEGMENT: ['400', 'A value would change the path of the outgoing URL', 'Correct the value'],
  // security
  RATE_LIMITED: ['429', 'A limit is used up', 'Retry after `Retry-After` seconds'],
  RATE_LIMIT_BANNED: ['403', 'More rejections in a row than `ban`', 'Send no requests for one window'],
  RATE_LIMIT_STORE_DOWN: [
    '503',
    'Redis does not answer and the limit is `closed`',
    'Retry after `Retry-After` seconds'
  ],
  CONCURRENCY_LIMITED: [
    '429',
    'As many requests of the user or address run as `concurrency` allows',
    'Retry when one of them has ended'
  ],
  UNSUPPORTED_CONTENT_TYPE: [
    '415',
    "A content type that the route's schema does not list",
    'Send one of those in `Accept`'
  ],
  BODY_TOO_DEEP: ['400', 'Nested deeper than `maxDepth`', 'Send flatter data'],
  TOO_MANY_KEYS: ['413', 'More keys, items or parameters than `maxKeys`', 'Send less at once'],
  KEY_TOO_LONG: [
    '413',
    'A key of more than 1000 characters, where a schema has `patternProperties` that are slow on longer ones',
    'Send shorter keys'
  ],
  FORBIDDEN_PROPERTY: ['400', '`__proto__` or `constructor.prototype` in a body', 'Send the body without it'],
  // made by several, or by plugins of others
  FST_JWT_NO_AUTHORIZATION_IN_HEADER: [
    '401',
    '`request.jwtVerify()` found no token',
    'Send `Authorization: Bearer …`'
  ],
  FST_JWT_AUTHORIZATION_TOKEN_EXPIRED: ['401', '`request.jwtVerify()` found an expired token', 'Refresh'],
  FST_JWT_AUTHORIZATION_TOKEN_INVALID: [
    '401',
    '`request.jwtVerify()` found an invalid token',
    'Log in again'
  ],
  FST_JWT_AUTHORIZATION_TOKEN_UNTRUSTED: [
    '401',
    '`request.jwtVerify()` found a revoked token',
    'Log in again'
  ],
  BODY_TOO_LONG: [
    'none',
    'A login provider or issuer sent more than 256 KiB, or 4 MiB of keys; the cause of `AUTH_PROVIDER_UNAVAILABLE`',
    'Check the address of the provider'
  ],
  BAD_REQUEST: ['400', 'A `BadRequestError` was thrown', 'Correct the request as the message says'],
  UNAUTHORIZED: ['401', 'An `UnauthorizedError` was thrown', 'Log in'],
  FORBIDDEN: ['403', 'A `ForbiddenError` was thrown', 'Request access'],
  NOT_FOUND: ['404', 'A `NotFoundError` was thrown', 'Check the id'],
  CONFLICT: ['409', 'A `ConflictError` was thrown', 'Read the current state and repeat'],
  GONE: ['410', 'A `GoneError` was thrown', 'Stop asking for it'],
  PAYLOAD_TOO_LARGE: ['413', 'A `PayloadTooLargeError` was thrown', 'Send less'],
  UNPROCESSABLE_ENTITY: ['422', 'An `UnprocessableEntityError` was thrown', 'Correct what `details` lists'],
  TOO_MANY_REQUESTS: ['429', 'A `TooManyRequestsError` was thrown', 'Wait for `Retry-After`'],
  BAD_GATEWAY: ['502', 'A `BadGatewayError` was thrown', 'Retry later'],
  SERVICE_UNAVAILABLE: ['503', 'A `ServiceUnavailableError` was thrown', 'Retry after `Retry-After`'],
  GATEWAY_TIMEOUT: ['504', 'A `GatewayTimeoutError` was thrown', 'Retry later'],
  REQUEST_TIMEOUT: ['408', 'The request did not arrive in time', 'Send faster, or raise `requestTimeout`'],
  REQUEST_HEADER_FIELDS_TOO_LARGE: [
    '431',
    'The headers are larger than Node accepts',
    'Send smaller cookies and headers'
  ],
  RESPONSE_CUT_OFF: [
    'none',
    'A stream failed after the head was sent; only logged and counted',
    'Look at the log'
  ],
  ERROR_AFTER_RESPONSE: [
    'none',
    'A handler failed after the response; only logged and counted',
    'Look at the log'
  ],
  SEAWORTHY_APM_FLUSH: [
    'none',
    'Code of the process warning: dd-trace could not be flushed',
    'Update @seaworthy/observability'
  ],
  SEAWORTHY_APM_LATE: [
    'none',
    'Code of the process warning: the agent was loaded too late',
    'Start with the command in the warning'
  ],
  CALLBACK_FAILED: [
    '500',
    'A function of the options of a breaker threw, or returned a promise',
    'Correct that function'
  ],
  INVALID_OPTION: [
    'none',
    'An option is wrong; the start stops. The message names option, rule and value',
    'Correct the option'
  ]
}

/** Texts in the sources that look like codes of ours. */
export const noCodes = new Set(['ENOENT'])

/** Metrics whose names or labels are computed, by the package's folder. */
export const moreMetrics = {
  'packages/observability': [
    {
      name: 'http_request_duration_seconds',
      type: 'histogram',
      labels: ['method', 'route', 'status_code'],
      help: "Time from the request's head to the last byte of the response. With `unit: 'milliseconds'` the name is `http_request_duration_ms`"
    },
    {
      name: 'http_requests_total',
      type: 'counter',
      labels: ['method', 'route', 'status_code'],
      help: 'Requests; 200 and 500 of each route exist at 0 from the start'
    },
    {
      name: 'http_server_request_duration_seconds',
      type: 'histogram',
      labels: ['http_request_method', 'http_route', 'http_response_status_code', 'url_scheme', 'error_type'],
      help: "The same numbers under the names of OpenTelemetry's semantic conventions, with `semanticConventions`"
    },
    {
      name: 'http_request_size_bytes',
      type: 'histogram',
      labels: ['method', 'route'],
      help: 'Bodies of requests, with `bodySizes`'
    },
    {
      name: 'http_response_size_bytes',
      type: 'histogram',
      labels: ['method', 'route'],
      help: 'Bodies of responses, with `bodySizes`'
    }
  ]
}

/** When to look at a metric, and what to do then. */
export const metricNotes = {
  active_connections:
    'Grows without requests: clients or balancers keep connections open; look at their idle timeout.',
  app_build_info: 'Compare the `commit` of all replicas after a release.',
  errors_untracked_total: 'Grows: one error repeats. Correct it, or raise `errorTracking.maxPerMinute`.',
  http_client_request_duration_seconds: 'A host is slow: put a breaker with a timeout around it.',
  http_request_duration_seconds:
    'A high quantile grows: compare with the outgoing histogram and with the event loop.',
  http_server_request_duration_seconds: 'Move dashboards to it, or from it: it has the same numbers.',
  http_request_size_bytes: 'Size limits and pools by it.',
  http_response_size_bytes: 'Find routes to page or compress.',
  http_requests_aborted_total: 'Grows: clients give up. Their timeout may be shorter than the route is slow.',
  http_requests_in_flight: 'Grows while the rate does not: something waits; look at breakers and pools.',
  http_requests_refused_total: 'A scanner or a broken client; the `reason` says which.',
  http_requests_total: 'Alert on the share of 5xx: `rules/alerts.yml` of the package does.',
  job_duration_seconds: 'Alert on the share of the outcome `error`, and on a job that no longer runs.',
  jobs_running: 'Grows: jobs start faster than they end.',
  otlp_log_records_dropped_total:
    'It grows: the collector is away, too slow (`queue_full`), or rejects lines. The log has them all.',
  otlp_pushes_total: 'The outcome `error` grows: look at the collector and at the log line about the push.',
  nodejs_eventloop_blocked_seconds_total:
    'Grows for a route: the log line about the turn has the stack. Split that work, or move it to a worker thread.',
  nodejs_eventloop_utilization_ratio: 'Near 1: add replicas, or move work off the event loop.',
  process_memory_limit_bytes: 'Compare with `process_resident_memory_bytes`.',
  errors_total: 'Group by `code`: the page of error codes has what each means.',
  health_check_duration_seconds: 'Near the timeout: look at the dependency.',
  health_check_status: 'Below 1: look at the log line of the check.',
  health_ready: '0: the replica gets no traffic.',
  health_broken:
    '1: the app asks for a restart; the log line `health: the app has declared itself broken` says why.',
  background_work_total:
    'It has the outcome `failure` or `cut`: the log names the work, with `err` or its age.',
  background_work_in_flight: 'It grows: work begins faster than it ends, or hangs.',
  background_work_duration_seconds:
    'It comes near the `timeout` of the shutdown: a restart would cut the work.',
  breaker_calls_total: 'The share of outcomes other than `success` is what opens the breaker.',
  breaker_degraded_total: 'Users get fallbacks: look at the dependency.',
  breaker_duration_seconds: 'Choose `timeout` a little above its 99th percentile.',
  breaker_retries_total: 'Retries are a large share of calls: the dependency is failing.',
  breaker_state: '`open` is 1: the dependency is down.',
  breaker_state_changes_total: 'Opens often: the threshold is too low, or the dependency flaps.',
  load_shed_total: 'Grows: the process is overloaded; add replicas.',
  rate_limit_requests_total:
    '`rejected` grows: an attack, or a limit too low. Try a limit with `observe: true` first.',
  rate_limit_store_errors_total: 'Grows: look at Redis.',
  concurrency_limit_requests_total:
    '`rejected` grows: one client takes all, or a limit is too low. Try it with `observe: true` first.',
  concurrency_limit_running: 'It grows and does not fall: requests hang.',
  rate_limit_store_up: '0: each process counts alone.',
  tls_certificate_not_after_timestamp_seconds:
    'Less than `time()` and some days: the renewal is late. `rules/alerts.yml` of the package has the alerts.',
  auth_decisions_total: '`denied` grows: an attack, a client with an old token, or a missing role.',
  auth_events_total: 'Failed logins by `type` and `outcome`.',
  auth_keys_age_seconds:
    'Above ten minutes: the issuer does not answer. At `jwksMaxStale` its tokens are rejected.'
}
