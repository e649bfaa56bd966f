/** One route of the stand-in: its paths, and the function that answers. One small file each, in routes/. */

export interface RouteRequest {
  path: string
  query: URLSearchParams
  /** Values of `:name` segments. */
  params: Readonly<Record<string, string>>
  /** The body as JSON. Rejects with STANDIN_BODY_MALFORMED. */
  json(): Promise<unknown>
}

export interface Answer {
  status: number
  headers?: Record<string, string>
  body?: string | Buffer
}

export interface Route {
  /**
   * Every spelling: `/state`, `/state.json`, `/master/state`; a segment `:name` matches any one. Never with a slash at
   * the end.
   */
  paths: readonly string[]
  /** Missing: any method. Mesos' own documents are given to whoever asks, however. */
  method?: 'GET' | 'POST' | 'DELETE'
  handle(request: RouteRequest): Answer | Promise<Answer>
}
