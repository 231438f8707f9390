/** Errors that Redis gives to every call until it is in another state, in its words. */
const serverState =
  /\b(?:OOM|READONLY|NOPERM|NOAUTH|WRONGPASS|LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MISCONF|TRYAGAIN)\b|can't (?:run|access)|unknown command/i

/** Whether the error is an answer of Redis, not the lack of one. */
export const isReplyError = ({ name, message }: Error): boolean =>
  /^(?:ReplyError|ErrorReply|SimpleError|BlobError)$/.test(name) || /^[A-Z]{3,} /.test(message)

/** Whether a client has given up waiting, by an option of its own. */
export const isClientTimeout = ({ message }: Error): boolean => /^command timed out/i.test(message)

/** Whether the keys of a call are on several nodes of a cluster, in the words of Redis or of ioredis. */
export const isErrorOfSlots = ({ message }: Error): boolean => /CROSSSLOT|keys .* same slot/.test(message)

/** Whether Redis rejected the call because of the key: the next call, with another key, may work. */
export const isErrorOfKey = (error: Error): boolean =>
  isErrorOfSlots(error) || (isReplyError(error) && !serverState.test(error.message))

/** Errors of ioredis that say only that there is no connection, and not why. */
export const isErrorOfState = ({ message }: Error): boolean =>
  /^(?:Stream isn't writeable|Connection is closed)/.test(message)
