import type { HelmetHeaders } from './helmet-types.ts'

/**
 * The name of a set of defaults. `'auto'` is `'html'` for pages and `'api'` for all else.
 *
 * @example
 * const profile: Profile = 'html'
 * await app.register(headers, { profile })
 */
export type Profile = 'auto' | 'api' | 'html' | 'helmet'

/** The profiles that have headers. */
export type FixedProfile = Exclude<Profile, 'auto'>

/** The defaults of a profile. */
export interface ProfileSettings {
  helmet: HelmetHeaders
  permissionsPolicy: string | false
  cacheControl: string | false
}

const features = ['accelerometer', 'camera', 'geolocation', 'gyroscope', 'magnetometer', 'microphone']
const noFeatures = [...features, 'midi', 'payment', 'usb'].map((feature) => `${feature}=()`).join(', ')

// One year, without preload: a domain hardly gets off the browsers' preload lists again, so preload is opt-in.
const strictTransportSecurity = { maxAge: 31_536_000, includeSubDomains: true }

export const profiles: Record<FixedProfile, ProfileSettings> = {
  // A response in JSON loads nothing, needs no frame and belongs in no shared cache.
  api: {
    helmet: {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'none'"],
          'base-uri': ["'none'"],
          'form-action': ["'none'"],
          'frame-ancestors': ["'none'"]
        }
      },
      strictTransportSecurity,
      xFrameOptions: { action: 'deny' }
    },
    permissionsPolicy: noFeatures,
    cacheControl: 'no-store'
  },
  html: {
    helmet: {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'none'"],
          'script-src': ["'self'"],
          'style-src': ["'self'"],
          'img-src': ["'self'", 'data:'],
          'font-src': ["'self'"],
          'connect-src': ["'self'"],
          'manifest-src': ["'self'"],
          'base-uri': ["'none'"],
          'form-action': ["'self'"],
          'frame-ancestors': ["'none'"]
        }
      },
      strictTransportSecurity,
      referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
      xFrameOptions: { action: 'deny' }
    },
    permissionsPolicy: noFeatures,
    cacheControl: false
  },
  helmet: { helmet: {}, permissionsPolicy: false, cacheControl: false }
}

/** Headers of helmet by which a browser refuses to load, frame or open something. */
const enforcedHeaders = {
  crossOriginEmbedderPolicy: false,
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  originAgentCluster: false,
  strictTransportSecurity: false,
  xFrameOptions: false
} as const satisfies HelmetHeaders

/** A profile without the headers that can break a page. Options of the app add them again. */
export const withoutEnforcedHeaders = ({ helmet }: ProfileSettings): ProfileSettings => ({
  helmet: { ...helmet, ...enforcedHeaders },
  permissionsPolicy: false,
  cacheControl: false
})
