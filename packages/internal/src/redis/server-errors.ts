/** Errors that Redis gives to every call until it is in another state, in its words. */
const ofServer =
  /\b(?:OOM|READONLY|NOPERM|NOAUTH|WRONGPASS|LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MISCONF|CROSSSLOT|TRYAGAIN)\b|can't (?:run|access)|unknown command/i

/** Whether the error is an answer of Redis, not the lack of one. */
export const isReplyError = ({ name, message }: Error): boolean =>
  /^(?:ReplyError|ErrorReply|SimpleError|BlobError)$/.test(name) || /^[A-Z]{3,} /.test(message)

/** Whether Redis refused the call because of the key: the next call, with another key, may work. */
export const isErrorOfKey = (error: Error): boolean => isReplyError(error) && !ofServer.test(error.message)
