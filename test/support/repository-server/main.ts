/** Serves folders until it is ended: repository-server/main.ts HOST PORT ROOT... */
import { startRepositoryServer } from './server.ts'

const [host = '127.0.0.1', port = '0', ...roots] = process.argv.slice(2)
const server = await startRepositoryServer({ roots, host, port: Number(port), onRequest: line => console.log(line) })
console.log(`serving ${roots.join(', ')} on ${server.url}`)
