/** Where a source keeps how far it has read. Every value is stored as JSON. */
export interface PositionStore {
  read<T>(key: string): Promise<T | undefined>
  save(key: string, position: object): Promise<void>
}
