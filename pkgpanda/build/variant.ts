/** Names of variants (pkgpanda 1.1): an alternative build of a package or a tree. The default one is '' here, null in JSON. Pure. */

/** A file's prefix ends at the first dot, so none in the name; the rest is what a package's name may hold. */
export const VARIANT_PATTERN = '^[A-Za-z0-9_][A-Za-z0-9_-]*$'

/** `test` → `test.`, the beginning of every file that belongs to a variant. */
export function variantPrefix(variant: string): string {
  return variant === '' ? '' : `${variant}.`
}

/** As people, `--variant=` and `$PKG_VARIANT` have it. */
export function formatVariant(variant: string): string {
  return variant === '' ? '<default>' : variant
}

/** As JSON files have it. */
export function encodeVariant(variant: string): string | null {
  return variant === '' ? null : variant
}

export function decodeVariant(json: string | null | undefined): string {
  return json ?? ''
}

/** Of `[variant.]<suffix>` files in a list of names: the variants, sorted, the default one first. */
export function variantsOf(names: readonly string[], suffix: string): string[] {
  const pattern = new RegExp(VARIANT_PATTERN)
  return names
    .filter(name => name === suffix || name.endsWith(`.${suffix}`))
    .map(name => name.slice(0, -suffix.length).replace(/\.$/, ''))
    .filter(variant => variant === '' || pattern.test(variant))
    .sort()
}

/** What stands for one variant of a package in maps and messages: `nodejs`, `nodejs (debug)`. No name has a blank. */
export function packageKey({ name, variant }: { readonly name: string; readonly variant: string }): string {
  return variant === '' ? name : `${name} (${variant})`
}

/** `complete/complete.latest.json`, `test` → `complete/test.complete.latest.json`. */
export function variantFile(path: string, variant: string): string {
  return path.replace(/[^/]*$/, name => `${variantPrefix(variant)}${name}`)
}
