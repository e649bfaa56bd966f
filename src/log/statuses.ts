/** With what routes answer, for the document of the API (log 4.8, 6, 7); its test asks for every one of them. */
import type { Statuses } from '../shared/http/route.ts'

const WRONG = { 400: 'A parameter is wrong; the sentence says which.' }

const TROUBLE = {
  500: 'What is asked for cannot be read; the journal of this service says why.',
  503: 'Too much is asked already, or a search takes too long.',
}

const NONE = { 204: 'There are none.' }

export const ENTRY_STATUSES = { 200: 'The entries.', ...NONE, ...WRONG, ...TROUBLE }

/** Has no end at which it could be said that nothing was found. */
export const STREAM_STATUSES = { 200: 'The entries, then those that are added.', ...WRONG, ...TROUBLE }

export const VALUE_STATUSES = { 200: 'The values.', ...NONE, ...WRONG, ...TROUBLE }

/** What Mesos says, and what is to be said of Mesos. */
export const MESOS_STATUSES = {
  401: 'There is no token, or none that Mesos knows.',
  403: 'Mesos does not let the owner of the token read this.',
  404: 'There is no such task, sandbox or file.',
  ...TROUBLE,
}

/** Of a container's entries on a master, where there is no sandbox by which Mesos would judge. */
export const SANDBOXLESS_STATUSES: Statuses = { 401: MESOS_STATUSES[401], 404: MESOS_STATUSES[404] }

export const TASK_STATUSES = { 303: 'It is on this agent.', ...MESOS_STATUSES, 409: 'Several tasks are meant.' }

/** The name of a file may be none. */
export const TASK_FILE_STATUSES = { ...TASK_STATUSES, ...WRONG }

export const LINE_STATUSES = {
  200: 'The lines.',
  204: 'The end of a file was asked for that is not there.',
  ...WRONG,
  ...MESOS_STATUSES,
}

export const LISTING_STATUSES = { 200: 'The listing.', ...MESOS_STATUSES }

export const WHOLE_STATUSES = { 200: 'The file.', ...WRONG, ...MESOS_STATUSES }
