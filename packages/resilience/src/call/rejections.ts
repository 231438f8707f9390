/**
 * Errors by which clients of databases and of RPC say that the service works and has rejected what the request asked
 * for: a key that exists, an object that does not. They have no status of HTTP.
 */

interface Fields {
  code?: unknown
  name?: unknown
  details?: unknown
  rawMessage?: unknown
  severity?: unknown
  sqlState?: unknown
  cause?: unknown
  original?: unknown
  driverError?: unknown
}

/** Whether an error, or the one of a driver that a library has wrapped, is such a rejection. Getters may throw. */
export function isRejection(error: object): boolean {
  if (isOwnRejection(error)) return true
  const { cause, original, driverError } = error as Fields
  // Drizzle, Sequelize and TypeORM.
  return [cause, original, driverError].some((inner) => isObject(inner) && isOwnRejection(inner))
}

const isOwnRejection = (error: Fields): boolean =>
  isGrpcRejection(error) || isSqlRejection(error) || isMongoRejection(error) || isPrismaRejection(error)

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, FAILED_PRECONDITION, OUT_OF_RANGE, UNIMPLEMENTED, UNAUTHENTICATED. */
const grpcRejections: ReadonlySet<unknown> = new Set([3, 5, 6, 7, 9, 11, 12, 16])

/** An error of grpc-js has `details`, one of Connect `rawMessage`. */
const isGrpcRejection = ({ code, details, rawMessage }: Fields): boolean =>
  grpcRejections.has(code) && (typeof details === 'string' || typeof rawMessage === 'string')

/** Classes of SQLSTATE: data exception, constraint violation, syntax error or access rule violation. */
const sqlRejection = /^(?:22|23|42)[0-9A-Z]{3}$/

/** PostgreSQL has the SQLSTATE as `code` beside `severity`, MySQL as `sqlState`; SQLite has names. */
function isSqlRejection({ code, severity, sqlState }: Fields): boolean {
  if (typeof sqlState === 'string') return sqlRejection.test(sqlState)
  if (typeof code !== 'string') return false
  return (typeof severity === 'string' && sqlRejection.test(code)) || code.startsWith('SQLITE_CONSTRAINT')
}

/** A duplicate key, and a document that does not have the collection's schema. */
const mongoRejections: ReadonlySet<unknown> = new Set([11000, 11001, 121])

const isMongoRejection = ({ code, name }: Fields): boolean =>
  mongoRejections.has(code) && typeof name === 'string' && name.startsWith('Mongo')

/** Errors of queries, except those about connections and transactions: no connection in time, a deadlock. */
const prismaRejection = /^P2(?!024|028|034|037)\d{3}$/

const isPrismaRejection = ({ code, name }: Fields): boolean =>
  name === 'PrismaClientKnownRequestError' && typeof code === 'string' && prismaRejection.test(code)
