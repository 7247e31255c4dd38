export { type FetchOptions, type OnFetch, type Variables, onFetch } from './hosts/fetch.ts'
export { type UpstashDatabase, upstash } from './stores/upstash.ts'
export type { Store } from './stores/store.ts'
