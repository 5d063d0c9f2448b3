import { createHash } from 'node:crypto'

/** SHA-256 of an event's bytes, in hexadecimal. */
export const digestOf = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')
