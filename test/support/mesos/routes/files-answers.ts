/** What both file routes answer when there is nothing to show. */
import { textAnswer } from '../http/answers.ts'

export const PATH_EXPECTED = textAnswer(400, "Expecting 'path=value' in query.\n")

export const FILE_MISSING = textAnswer(404, '')
