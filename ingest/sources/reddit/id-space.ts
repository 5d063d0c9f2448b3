/** Post ids are numbers in base 36, which Reddit gives out in ascending order. */
export const toNumber = (id: string): number => Number.parseInt(id, 36)

export const toId = (number: number): string => number.toString(36)

/** Returns `count` consecutive ids from `first` on. */
export const idsFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n)
