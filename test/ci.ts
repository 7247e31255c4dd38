/** Whether a tool that is missing on this machine fails the tests that need it, instead of skipping them. */
export const inCi: boolean = Boolean(process.env['CI'])
