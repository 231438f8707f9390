/** Loads prom-client when it is needed. */
export declare const promClient: () => typeof import('prom-client')
