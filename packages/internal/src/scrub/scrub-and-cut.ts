import { scrubText } from './scrub-text.ts'

/** How far behind the cut the end of a secret is still found. */
const lookahead = 2048

/**
 * Removes secrets from a text and cuts it to `length` characters. The secrets are removed first, because half a secret
 * at the end would no longer look like one; and a long text is shortened before that, so that it takes little time.
 */
export const scrubAndCut = (text: string, length: number): string =>
  scrubText(text.length > length + lookahead ? text.slice(0, length + lookahead) : text).slice(0, length)
