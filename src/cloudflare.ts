export { onCloudflare, type OnCloudflare } from './hosts/cloudflare.ts'
