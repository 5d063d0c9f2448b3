const counts = new Intl.NumberFormat('en')

/** "1,234,567". */
export const formatCount = (count: number): string => counts.format(count)

/** "1 post", "2,000 posts". */
export const formatPosts = (count: number): string => `${formatCount(count)} ${count === 1 ? 'post' : 'posts'}`

/** Seriousness with two decimals; a dash when there is none. */
export const formatSeriousness = (mean: number | null | undefined): string =>
  mean === null || mean === undefined ? '–' : mean.toFixed(2)

/** Events per second, with one decimal below ten; a dash when the rate is not known yet. */
export const formatRate = (rate: number | undefined): string =>
  rate === undefined ? '–' : rate < 9.95 ? rate.toFixed(1) : formatCount(Math.round(rate))

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Bytes in powers of 1000, with three digits: "1.23 kB". */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000
    unit++
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toPrecision(3)} ${UNITS[unit]}`
}

const WORDS = ['pure banter', 'mostly banter', 'mixed', 'mostly serious', 'serious'] as const

/** Seriousness in words, such as "mostly serious"; empty when there is none. */
export const toWord = (mean: number | null): string => (mean === null ? '' : WORDS[Math.min(4, Math.floor(mean * 5))]!)

/** The colour of a seriousness: a mix of the colours of banter and serious. */
export const toColour = (mean: number | null | undefined): string =>
  mean === null || mean === undefined
    ? 'var(--muted)'
    : `color-mix(in oklab, var(--serious) ${Math.round(mean * 100)}%, var(--banter))`

/** "3 min ago", in the largest unit that fits; the date when it is older than two months. */
export function formatAge(iso: string, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(iso)) / 1_000))
  if (seconds < 60) return 'just now'
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`
  if (seconds < 86_400 * 60) return `${Math.floor(seconds / 86_400)} d ago`
  return iso.slice(0, 10)
}
