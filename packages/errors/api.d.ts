// @seaworthy/errors: index
import { FastifyPluginAsync } from 'fastify';

/** Options of the errors plugin. Every one may be left out. */
interface ErrorsOptions {
    /**
     * Whether the plugin does anything.
     *
     * @defaultValue true
     */
    enabled?: boolean;
}

/** One error shape for a whole Fastify app: RFC 9457 problem details or JSON, safe by default. */
declare const errors: FastifyPluginAsync<ErrorsOptions>;

export { errors as default, errors };
export type { ErrorsOptions };
