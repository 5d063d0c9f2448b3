/** Post ids as the numbers that they are in base 36; Reddit gives them out in order. */
export const toNumber = (id: string): number => Number.parseInt(id, 36)

export const toId = (number: number): string => number.toString(36)

/** `count` ids from `first` on. */
export const idsFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n)
