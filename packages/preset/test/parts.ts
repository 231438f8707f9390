// The runner's hooks break `require` of TypeScript, which is how the preset loads its parts from source. What has been
// imported before is found by `require` as it is.
import '@seaworthy/auth'
import '@seaworthy/errors'
import '@seaworthy/health'
import '@seaworthy/observability'
import '@seaworthy/resilience'
import '@seaworthy/security'
import '@seaworthy/shutdown'
