/** The form of a path in buildinfo.json: relative, without `..`, so that a package cannot depend on what is outside the project. */
import { Type } from 'typebox'

export const relativePath = Type.String({
  pattern: '^(?!\\.\\.?(/|$))[^/\\0]+(/(?!\\.\\.?(/|$))[^/\\0]+)*$',
  description: "a relative path without '.' and '..'",
})
