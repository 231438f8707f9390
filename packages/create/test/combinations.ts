/** A choice of language and services. */
export interface Combination {
  name: string
  args: string[]
  language: 'typescript' | 'javascript'
  postgres: boolean
  redis: boolean
}

/** All of them. */
export const combinations: readonly Combination[] = (['typescript', 'javascript'] as const).flatMap(
  (language) =>
    [false, true].flatMap((postgres) =>
      [false, true].map((redis) => ({
        name: [language, ...(postgres ? ['postgres'] : []), ...(redis ? ['redis'] : [])].join('-'),
        args: [`--${language}`, postgres ? '--postgres' : '--no-postgres', redis ? '--redis' : '--no-redis'],
        language,
        postgres,
        redis
      }))
    )
)
