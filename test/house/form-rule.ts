/** Form of files that no formatter checks: head comments, lengths, decision records, words that do not belong here. Pure. */

/** A file is read in one sitting; above that its row in form.test.ts says why. */
export const LINES_MAX = 300
export const DECISION_LINES_MAX = 40

export function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

/** True when the file begins with a comment (after `#!`), and that says more than a name. */
export function hasHeadComment(source: string): boolean {
  const head = source.replace(/^#!.*\n/, '')
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(head)?.[1] ?? ''
  return comment.replaceAll(/[\s*]+/g, ' ').trim().length >= 20
}

/** What is wrong with a record `docs/decisions/NNNN-title.md`. */
export function decisionTroubles(path: string, text: string): string[] {
  const troubles: string[] = []
  const number = /\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]
  if (number === undefined) troubles.push('its name is not NNNN-title.md')
  else if (!new RegExp(`^# ${number} \\S`).test(text)) troubles.push(`does not begin with # ${number} and a title`)
  if (!/^Date: \d{4}-\d\d-\d\d$/m.test(text)) troubles.push('no line Date: YYYY-MM-DD')
  for (const section of ['Context', 'Decision', 'Consequences']) {
    if (!new RegExp(`^## ${section}$`, 'm').test(text)) troubles.push(`no section ${section}`)
  }
  const lines = lineCount(text)
  if (lines > DECISION_LINES_MAX) troubles.push(`${lines} lines, at most ${DECISION_LINES_MAX}`)
  return troubles.map(trouble => `${path}: ${trouble}`)
}

/** A path below somebody's home (`/home/u` is nobody's), an address of a private registry, a note to oneself, talk about how the text came about. */
const STRANGE_WORDS: readonly RegExp[] = [
  /(?<![\w./-])\/(?:home|Users)\/(?!u\b)[\w.-]+/,
  /https?:\/\/[\w.-]*(?:artifactory|nexus|verdaccio)[\w.-]*/i,
  /\/[/*]+\s*(?:TODO|FIXME|XXX)\b|\bTODO[:(]/,
  /\bco-authored-by\b/i,
  /\blanguage\s+model/i,
  /\b(?:coding|AI)\s+(?:assistant|agent)s?\b/i,
  /\bsub-?agents?\b/i,
  /\bas\s+(?:you\s+)?requested\b/i,
  /\bthe\s+user\s+asked\b/i,
]

/** Words that do not belong into the product, as `line: match`. `checkout` is where this working copy lies. */
export function strangeWords(text: string, checkout: string): string[] {
  // A checkout at the top level (/src) is a word that may stand anywhere.
  const here = checkout.split('/').length > 2 ? [new RegExp(`(?<![\\w.-])${RegExp.escape(checkout)}(?![\\w-])`)] : []
  return text.split('\n').flatMap((line, index) =>
    [...here, ...STRANGE_WORDS].flatMap(pattern => {
      const found = pattern.exec(line)?.[0]
      return found === undefined ? [] : [`${index + 1}: ${found}`]
    }),
  )
}

/** Fixed paths of temporary files in code: anybody on the machine may have put something there. Comments may name some. */
export function temporaryPaths(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/\s.*$/gm, '')
  return [...code.matchAll(/['"`]((?:\/var)?\/tmp\b[^'"`]*)/g)].map(([, path]) => path!)
}

/** `npm start`, `npm run x`, `npm test` in a document: the scripts it sends its reader to. */
export function namedScripts(document: string): string[] {
  const named = [...document.matchAll(/\bnpm (?:run ([\w:]+)|(start|test|stop)\b)/g)].map(
    ([, run, plain]) => run ?? plain!,
  )
  return [...new Set(named)].sort()
}
