/** Loads pino when it is needed. */
export declare const loadPino: () => typeof import('pino')
