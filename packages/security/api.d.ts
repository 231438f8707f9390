// @seaworthy/security: index
import { FastifyPluginAsync } from 'fastify';

/** Options of the security plugin. Every one may be left out. */
interface SecurityOptions {
    /**
     * Whether the plugin does anything.
     *
     * @defaultValue true
     */
    enabled?: boolean;
}

/** Security headers, CORS, rate limits and strict validation for Fastify. */
declare const security: FastifyPluginAsync<SecurityOptions>;

export { security as default, security };
export type { SecurityOptions };
