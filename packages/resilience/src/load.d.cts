/** What `app.resilience.breaker()` needs. */
export declare const breakers: () => typeof import('./breaker/breakers.ts')
/** What `app.resilience.fetch()` needs. */
export declare const calls: () => typeof import('./fetch/calls.ts')
/** What `app.resilience.adopt()` needs. */
export declare const adoption: () => typeof import('./adopt/adoption.ts')
/** The routes for operators. */
export declare const management: () => typeof import('./management.ts')
