/** One half of the gateway until it is ended: `gateway-main.ts relay SOCKET`, `gateway-main.ts forward SOCKET PORT=HOST:PORT…`. */
import { parseForward, startForwards, startRelay } from './gateway.ts'

const [half, socketFile = '', ...forwards] = process.argv.slice(2)
if (half === 'relay') await startRelay(socketFile)
else await startForwards(forwards.map(parseForward), socketFile)
console.log(`${half} is ready`)
