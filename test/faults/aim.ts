/** Which number a call has in the next run, going by the one before: threads take turns otherwise, and numbers shift. Pure. */
import type { Point } from './points.ts'

/**
 * `points` are those of the undisturbed run, `seen` those of the last attempt. The number of a call on a known path is certain;
 * of another one the last call before it that both runs have tells by how much its number has shifted.
 */
export function correctedNumber(target: Point, points: readonly Point[], seen: readonly Point[]): number {
  if (target.path !== undefined) return target.number
  const isAlike = (point: Point) => point.name === target.name && point.isMain === target.isMain
  const before = points.slice(0, points.indexOf(target) + 1).filter(isAlike)
  for (const landmark of before.reverse()) {
    const found = seen.find(point => isAlike(point) && point.what === landmark.what)
    if (found) return Math.max(target.ordinal + found.ordinal - landmark.ordinal, 1)
  }
  return target.ordinal
}
