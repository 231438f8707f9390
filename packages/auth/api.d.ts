// @seaworthy/auth: index
import { FastifyPluginAsync } from 'fastify';

/** Options of the auth plugin. Every one may be left out. */
interface AuthOptions {
    /**
     * Whether the plugin does anything.
     *
     * @defaultValue true
     */
    enabled?: boolean;
}

/** JWT, sessions, OAuth2, API keys and roles for Fastify. */
declare const auth: FastifyPluginAsync<AuthOptions>;

export { auth, auth as default };
export type { AuthOptions };
