/** The steps of rotating by ourselves. Tests stop at each of them; nobody else does. */

export type Step =
  | 'compress'
  | 'replace by compressed'
  | 'remove uncompressed'
  | 'copy'
  | 'catch up'
  | 'truncate'
  | 'sync'
  | 'shift'
  | 'place'

/** Called when a step is about to begin; whatever it throws ends the run there. */
export type Reached = (step: Step) => void
