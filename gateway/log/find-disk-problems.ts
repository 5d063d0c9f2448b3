import type { ProblemReport } from '../../schema/problems.ts'
import type { Sample } from './sample.ts'

const MB = 2 ** 20
const NEARLY_FULL_SHARE = 0.05
const NEARLY_FULL_BYTES = 5 * 2 ** 30
const ACCOUNT_NEARLY_FULL_SHARE = 0.95

/** Finds a disk, or an account's storage, with no room or little room for more events. */
export function findDiskProblems({ disk, account }: Sample): ProblemReport[] {
  const problems: ProblemReport[] = []
  if (disk !== undefined) {
    const { folder, freeBytes, totalBytes } = disk
    const what = `The disk of ${folder} has ${toSize(freeBytes)} of ${toSize(totalBytes)} left`
    const remedy = 'Delete other files on it, or move DATA_DIR to a larger disk.'
    if (freeBytes < leastBytes(totalBytes))
      problems.push({ code: 'disk-full', what: `${what}: nothing new can be stored.`, remedy })
    else if (freeBytes < NEARLY_FULL_BYTES && freeBytes < totalBytes * NEARLY_FULL_SHARE)
      problems.push({ code: 'disk-nearly-full', what: `${what}.`, remedy })
  }
  const limit = account?.limits.max_storage ?? 0
  const used = account?.storage ?? 0
  if (limit > 0 && used > limit * ACCOUNT_NEARLY_FULL_SHARE) {
    problems.push({
      code: used >= limit - MB ? 'disk-full' : 'disk-nearly-full',
      subject: 'account',
      what: `The NATS account uses ${toSize(used)} of the ${toSize(limit)} that it may store.`,
      remedy: 'Raise the JetStream limit of the account in the configuration of nats-server.',
    })
  }
  return problems
}

/** A disk with less free space than this counts as full, because one write of a stream or of a read model may need as much. */
const leastBytes = (totalBytes: number): number => Math.max(MB, Math.min(16 * MB, totalBytes / 100))

const toSize = (bytes: number): string =>
  bytes < 1_024 * MB ? `${Math.floor(bytes / MB)} MB` : `${(bytes / (1_024 * MB)).toFixed(1)} GB`
