/**
 * What a node pays for the suite when nothing happens: memory of each daemon of an agent and of all together, and how long each takes
 * from its start to its first answer, beside Debian's prometheus-node-exporter on the same node in the same run.
 */
import { writeFileSync } from 'node:fs'
import { debianBinary } from '../support/debian-binary.ts'
import { type Bed, openBed } from '../testbed/bed.ts'
import { startBed } from '../testbed/settings.ts'
import { type Memory, memoryOfUnit } from './memory.ts'
import { formatRows, formatSpread, ratiosOf, spreadOf } from './statistics.ts'

const NODE = 'a1'
const ROUNDS = 5
/** After the last request, so that garbage of the start is gone or counted, the same for both. */
const SETTLE_S = 10

interface Subject {
  name: string
  unit: string
  /** Started by this before it can be asked; a socket-activated daemon by the question alone. */
  start: string
  /** Fails until there is an answer. */
  ask: string
}

const PEER: Subject = {
  name: 'prometheus-node-exporter',
  unit: 'bench-node-exporter.service',
  start: 'systemctl start --no-block bench-node-exporter.service',
  ask: 'curl -sf -o /dev/null http://127.0.0.1:9100/metrics',
}

const OURS: Subject[] = [
  {
    name: 'dcos-metrics',
    unit: 'dcos-metrics-agent.service',
    start: 'systemctl start --no-block dcos-metrics-agent.service',
    ask: 'curl -sf -o /dev/null http://127.0.0.1:61091/metrics',
  },
  {
    name: 'dcos-log',
    unit: 'dcos-log-agent.service',
    start: ':',
    ask: "curl -sf -o /dev/null --unix-socket /run/dcos/dcos-log.sock 'http://x/range/?skip_prev=1&limit=1'",
  },
]

export async function idle(): Promise<void> {
  const bed = openBed(startBed(process.env))
  if (!(await bed.nodes()).some(({ name }) => name === NODE)) {
    throw new Error(`there is no node ${NODE}: run npm start first`)
  }
  await installPeer(bed)
  try {
    await measure(bed)
  } finally {
    await bed.run(NODE, ['systemctl', 'stop', PEER.unit])
    await bed.run(NODE, ['rm', '-f', `/run/systemd/system/${PEER.unit}`, '/usr/local/bin/bench-node-exporter'])
    await bed.run(NODE, ['systemctl', 'daemon-reload'])
  }
}

async function installPeer(bed: Bed): Promise<void> {
  const binary = await debianBinary(
    'prometheus-node-exporter',
    'usr/bin/prometheus-node-exporter',
    bed.settings.cacheDirectory,
  )
  await bed.push(NODE, binary, '/usr/local/bin/bench-node-exporter')
  const unit = '[Unit]\\nDescription=Benchmark: peer\\n[Service]\\nExecStart=/usr/local/bin/bench-node-exporter\\n'
  await bed.must(NODE, ['sh', '-c', `printf '${unit}' >/run/systemd/system/${PEER.unit} && systemctl daemon-reload`])
}

async function measure(bed: Bed): Promise<void> {
  const subjects = [...OURS, PEER]
  const startsMs = { cold: new Map<string, number[]>(), warm: new Map<string, number[]>() }
  for (const state of ['cold', 'warm'] as const) {
    for (let round = 0; round < ROUNDS; round++) {
      for (const subject of subjects) {
        if (state === 'cold') dropPageCache()
        const times = startsMs[state].get(subject.name) ?? []
        startsMs[state].set(subject.name, [...times, await startMs(bed, subject)])
      }
    }
  }
  await bed.must(NODE, ['sleep', String(SETTLE_S)])
  const memories = new Map<string, Memory>()
  for (const { name, unit } of subjects) {
    const memory = await memoryOfUnit(bed, NODE, unit)
    if (memory) memories.set(name, memory)
  }
  const peer = memories.get(PEER.name)
  const total = OURS.reduce((sum, { name }) => sum + (memories.get(name)?.proportionalMib ?? 0), 0)
  const rows = [['', 'private MiB', 'PSS MiB', 'cold start ms', 'warm start ms', 'warm / peer']]
  for (const { name } of subjects) {
    const memory = memories.get(name)
    const warm = startsMs.warm.get(name) ?? []
    rows.push([
      name,
      memory?.privateMib.toFixed(1) ?? '-',
      memory?.proportionalMib.toFixed(1) ?? '-',
      formatSpread(spreadOf(startsMs.cold.get(name) ?? []), 0),
      formatSpread(spreadOf(warm), 0),
      formatSpread(spreadOf(ratiosOf(warm, startsMs.warm.get(PEER.name) ?? [])), 2),
    ])
  }
  process.stdout.write(
    `${formatRows(rows)}\n\nthe agent role, both daemons running: ${total.toFixed(1)} MiB PSS; peer ${peer?.proportionalMib.toFixed(1) ?? '-'} MiB. ` +
      `dcos-log leaves after a minute without questions, gen-resolvconf runs a moment every minute.\n` +
      `Start: from the request to start (for dcos-log, from the question on its socket) to the first answer, medians of ${ROUNDS} (min–max);\n` +
      `dcos-metrics' includes its ExecStartPre= steps. Cold: page cache dropped before.\n`,
  )
}

/** Stops, starts and asks until there is an answer, timed inside the node. */
async function startMs(bed: Bed, { unit, start, ask }: Subject): Promise<number> {
  const script = `systemctl stop ${unit}; t0=$(date +%s%N); ${start}
for i in $(seq 3000); do ${ask} && { echo $(( ($(date +%s%N) - t0) / 1000 )); exit 0; }; sleep 0.005; done; exit 1`
  return Number(await bed.must(NODE, ['bash', '-c', script])) / 1000
}

function dropPageCache(): void {
  writeFileSync('/proc/sys/vm/drop_caches', '3')
}
