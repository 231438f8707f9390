/** The routes for operators. */
export declare const management: () => typeof import('./management.ts')
