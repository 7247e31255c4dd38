/** Whether this is the runtime of Workers, by the name that the platform gives itself. */
export const isWorker: boolean = typeof navigator === 'object' && navigator.userAgent === 'Cloudflare-Workers'
