/** Whose ids are meant: ids of two issuers are not the same, even if they are equal. */
export interface IssuerScope {
  /** The issuers whose tokens are accepted. */
  readonly names: readonly string[]
  /** The issuer of ids for which none is stated: the app, or the only issuer. */
  readonly primary: string | undefined
  /** Whether ids without an issuer have a meaning: there is a primary issuer, or there are sessions of the app. */
  readonly hasDefault: boolean
}

interface NamedIssuer {
  readonly issuer: string
}

/** The options about issuers. */
export interface IssuerOptionsInUse {
  readonly jwt:
    | (NamedIssuer & {
        readonly keys: readonly unknown[]
        readonly issuers: readonly NamedIssuer[]
        readonly introspected: NamedIssuer | undefined
      })
    | undefined
  readonly session: object | undefined
}

export function issuerScopeOf({ jwt, session }: IssuerOptionsInUse): IssuerScope {
  if (jwt === undefined) return { names: [], primary: undefined, hasDefault: true }
  const others = [...jwt.issuers, ...(jwt.introspected ? [jwt.introspected] : [])].map(({ issuer }) => issuer)
  const names = jwt.keys.length > 0 ? [jwt.issuer, ...others] : others
  const primary = jwt.keys.length > 0 || names.length === 1 ? names[0] : undefined
  return { names, primary, hasDefault: primary !== undefined || session !== undefined }
}

export type RevokedKind = 'jti' | 'sid' | 'sub'

/** The entry of an id in the list of revocations. The length keeps two issuers apart. */
export const revocationEntry = (
  kind: RevokedKind,
  value: unknown,
  issuer: string | undefined,
  primary: string | undefined
): string =>
  issuer === undefined || issuer === primary
    ? `${kind}:${String(value)}`
    : `${kind}@${issuer.length}:${issuer}:${String(value)}`
