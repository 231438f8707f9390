/** The text without the byte order mark that editors and shells on Windows put before it. */
export const withoutByteOrderMark = (text: string): string => text.replace(/^\uFEFF/, '')

/** Whether all bytes of a file were text in UTF-8. */
export const isText = (text: string): boolean => !/[\0\uFFFD]/.test(text)

/**
 * The text of a file with a secret. Bytes that are no text become the same sign, all of them, so that a secret of random
 * bytes would be weak; and PowerShell writes UTF-16.
 *
 * @throws Error for a text that was none in UTF-8, without its content.
 */
export function textOfSecret(text: string): string {
  if (!isText(text)) throw new Error('it is no text in UTF-8; write random bytes in base64')
  return withoutByteOrderMark(text)
}
