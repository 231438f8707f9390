/** A function that hashes passwords, with the parameters of the app. */
export interface PasswordHash {
  /** Hashes a password for storage, with a new salt. */
  hash(password: string): Promise<string>
  /** Whether a text is a hash of this function, with any parameters. */
  recognizes(stored: string): boolean
  /** Whether the password matches. `false` for parameters that could exhaust the process. */
  verify(password: string, stored: string): Promise<boolean>
  /** Whether a hash has the parameters of the app. */
  isCurrent(stored: string): boolean
}

export const saltBytes = 16
export const keyBytes = 32

/** Base64 without padding, as in the PHC format of hashes. */
export const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** Normalized, so that a password typed on another keyboard has the same bytes. */
export const normalize = (password: string): string => password.normalize('NFKC')
