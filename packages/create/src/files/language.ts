import type { Choices } from '../choices.ts'

/** The differences between the two languages of the templates. */
export interface Language {
  /** The ending of a source file. */
  ext: 'ts' | 'js'
  /** Text that TypeScript has alone: an annotation, an import of types. */
  ts(text: string): string
}

/** The text of `ts` is written in TypeScript alone. */
export const languageOf = ({ language }: Choices): Language =>
  language === 'typescript' ? { ext: 'ts', ts: (text) => text } : { ext: 'js', ts: () => '' }
