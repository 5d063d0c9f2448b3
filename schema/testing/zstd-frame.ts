/** A zstd frame with a window of 2^`windowLog` bytes and as many blocks of 128 KiB, each of which repeats one byte. */
export function repeatingFrame(windowLog: number, blocks: number): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3])
  const block = Buffer.from([2, 0, 0x10, 0x61])
  const last = Buffer.from([3, 0, 0x10, 0x61])
  return Buffer.concat([header, ...Array.from({ length: blocks - 1 }, () => block), last])
}
