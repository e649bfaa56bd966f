/** Followers of a node's journal under load: a writer, rotation, vacuum, a daemon that is restarted and killed, and ten clients. */
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { TestBed } from '../testbed/test-bed.ts'
import { type Follower, NUMBER_FIELD, startFollower } from './follower.ts'

const NODE = 'm1'
const UNIT = 'dcos-log-master.service'
const RATE = 5000
/** Numbered messages that are there before the followers come. */
const BEFORE = 5000
const ROTATE_MS = 2000
/** Written while the slow reader takes nothing, far more than is on its way to him; in each of two files. */
const OVERTAKEN = 5000
/** Limits by which journald itself removes files, of a second each, all but the newest seconds; and what is more than they leave. */
const LIMITS = '[Journal]\nSystemMaxUse=8M\nSystemMaxFileSize=2M\n'
const LIMITS_FILE = '/run/systemd/journald.conf.d/log-load.conf'
const BEYOND_LIMITS = 15_000
/** Has no account, but a journal file of its own. */
const USER = 4711
/** Ten times RATE is more than a core that other work shares can send. */
const SETTLE_MS = (seconds: number) => 60_000 + 6000 * seconds
const MEMORY_MAX_KIB = 256 * 1024
const NOTHING_LEFT = ['dcos_log_journal_readers 0', 'dcos_log_followers 0', 'dcos_log_journal_corrupt_parts_total 0']
const SCRIPT = '/run/log-load.pl'

/**
 * Perl's, since Node has no datagram sockets of this family, and Debian has no image without perl-base. Arguments: writer, first number,
 * last number. Blocks while journald is behind.
 */
const WRITER = `use Socket; use Time::HiRes qw(time sleep);
my ($writer, $first, $last) = @ARGV;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die;
connect($s, pack_sockaddr_un("/run/systemd/journal/socket")) or die;
my ($since, $i) = (time, $first);
while ($i <= $last) {
  my $due = $first + int((time - $since) * ${RATE});
  for (; $i < $due && $i <= $last; $i++) {
    send($s, "MESSAGE=load $i\\nPRIORITY=6\\nLOAD_WRITER=$writer\\n${NUMBER_FIELD}=$writer:$i\\n", 0) or die "send: $!";
  }
  sleep 0.01;
}
printf "%.0f", ($last - $first + 1) / (time - $since);`

/** What the daemon's process took. */
interface Sample {
  pid: string
  rssKib: number
  cpuSeconds: number
  atMs: number
}

/** Runs the load for so long, with a restart after a third and a kill -9 after two thirds of it, and checks what each follower got. */
export async function followUnderLoad(t: Test, testBed: TestBed, seconds: number): Promise<void> {
  const { bed, run, sh, show, until } = testBed
  const leader = (await readFile(join(bed.settings.directory, 'nodes', NODE, 'leader'), 'utf8')).trim()
  const socketPath = `/proc/${leader}/root/run/dcos/dcos-log.sock`
  const writer = `w${process.pid}`
  // A limit that is never met, since systemd 252 does not hand a limit of 0, none at all, on to journald.
  const unlimited = ['-p', 'LogRateLimitIntervalSec=1s', '-p', 'LogRateLimitBurst=1000000']
  let numbers = 0
  /** Resolves to the rate that was reached, messages a second. */
  const write = (count: number) => {
    const first = numbers + 1
    numbers += count
    const command = ['perl', SCRIPT, writer, String(first), String(numbers)]
    return run(NODE, 'systemd-run', '--quiet', '--collect', '--wait', '--pipe', ...unlimited, ...command)
  }

  /** Rotates, and a user writes before and after. */
  const rotate = () => {
    const userWrites = `setpriv --reuid=${USER} --regid=${USER} --clear-groups systemd-cat -t user echo rotated`
    return sh(NODE, `${userWrites}; journalctl --rotate; ${userWrites}`)
  }

  await sh(NODE, `cat >${SCRIPT} <<'EOF'\n${WRITER}\nEOF`)
  t.teardown(() => sh(NODE, `rm -f ${SCRIPT}`))
  await write(BEFORE)
  await run(NODE, 'journalctl', '--sync')
  const filter = `filter=LOAD_WRITER:${writer}`
  const middle = encodeURIComponent(await cursorAt(socketPath, `/range/?${filter}&skip_next=${BEFORE / 2}&limit=1`))

  const followers: Follower[] = []
  t.teardown(() => {
    for (const each of followers) each.stop()
  })
  const follow = (name: string, path: string) => {
    const follower = startFollower(name, socketPath, path, writer)
    followers.push(follower)
    return follower
  }
  const slow = follow('slow, from a cursor', `/stream/?cursor=${middle}`)
  const fromFirst = [
    follow('first', `/stream/?${filter}`),
    follow('first, v1', `/v1/stream/?${filter}`),
    follow('first of the node', '/stream/'),
  ]
  const fromMiddle = [
    follow('cursor', `/v1/stream/?cursor=${middle}`),
    follow('cursor, filter', `/stream/?cursor=${middle}&${filter}`),
    follow('cursor, component', `/v2/component?cursor=${middle}&${filter}`),
  ]
  const fromTail = [
    follow('tail, v1', `/v1/stream/?skip_prev=1&${filter}`),
    follow('tail, component', `/v2/component?cursor=END&${filter}`),
  ]
  // What systemd says of the writer's end is newer than its messages.
  const nearTail = follow('tail, of the node', '/stream/?skip_prev=100')
  const unfiltered = [slow, fromFirst.at(-1)!, fromMiddle[0]!, nearTail]
  const fast = [...fromFirst, ...fromMiddle, ...fromTail, nearTail]
  await until('every follower has come to the end', async () => followers.every(({ last }) => last === BEFORE))

  slow.pause()
  const startedMs = performance.now()
  let rate = ''
  const writing = write(RATE * seconds).then(text => {
    rate = text
  })
  /** Numbers that were surely not passed when the journal was rotated. */
  const marks: number[] = []
  const disturbances = [
    () => run(NODE, 'systemctl', 'restart', UNIT),
    async () => run(NODE, 'kill', '-9', (await show(NODE, UNIT, 'MainPID')).MainPID!),
  ]
  const samples: Sample[] = []
  let [removed, lagMax, answerMaxMs, rotations] = [0, 0, 0, 0]
  while (rate === '') {
    await Promise.race([sleep(ROTATE_MS), writing])
    const written = () => Math.min(numbers, BEFORE + (RATE * (performance.now() - startedMs)) / 1000)
    await rotate()
    rotations++
    marks.push(written())
    const slowest = Math.min(...fast.map(({ last }) => last))
    lagMax = Math.max(lagMax, written() - slowest)
    // What a fast follower has still to read stays, however slow this machine is; one file more than that, and the active one. As many of the user's.
    const keep = 2 * (marks.filter(mark => mark > slowest).length + 2)
    removed += await vacuum(testBed, keep)
    answerMaxMs = Math.max(answerMaxMs, await answerMs(socketPath))
    samples.push(await sample(testBed))
    const passed = (performance.now() - startedMs) / 1000 / seconds
    if (passed > (3 - disturbances.length) / 3) await disturbances.shift()?.()
  }
  // On a machine that was too slow to come to them.
  for (const disturb of disturbances) await disturb()
  const reached = async (who: readonly Follower[]) => {
    const behind = () => who.filter(({ last }) => last !== numbers)
    const settled = until('the last message', async () => behind().length === 0, SETTLE_MS(seconds))
    await settled.catch((error: unknown) => {
      for (const { name, last } of behind()) t.comment(`${name}: only up to ${last} of ${numbers}`)
      throw error
    })
  }
  await reached(fast)
  const drainedSeconds = (performance.now() - startedMs) / 1000
  // First he comes again, since his connection ended with the first daemon; then he is on one that lives.
  slow.pause()
  for (let files = 0; files < 2; files++) {
    await write(OVERTAKEN)
    await rotate()
  }
  await reached(fast)
  removed += await vacuum(testBed, 1)
  slow.resume()
  // A gap is seen by what comes behind it.
  await write(1)
  await reached(followers)
  for (const { name, gaps } of fast) t.strictSame(gaps, [], `${name}: none lost, since vacuum never overtook it`)

  // journald itself goes by its limits, not by who has still to read; it may overtake all of them.
  await limitJournal(t, testBed)
  slow.pause()
  await write(BEYOND_LIMITS)
  await reached(fast)
  slow.resume()
  await write(1)
  await reached(followers)

  t.comment(
    `${rate} messages/s, ${rotations} rotations, ${removed} files removed, fast followers at most ${lagMax.toFixed(0)} behind`,
  )
  t.comment(`the last message of the load came to all ${drainedSeconds.toFixed(1)} s after its first`)
  t.comment(
    `an answer took at most ${answerMaxMs.toFixed(0)} ms, the 5 s until a killed daemon is started again included; ${cost(samples)}`,
  )
  for (const { name, first, gaps, reconnects, refusals } of followers)
    t.comment(`${name}: from ${first}, ${reconnects} reconnects, refused ${refusals}, gaps ${JSON.stringify(gaps)}`)

  t.ok(removed > 0, 'vacuum removed files')
  for (const { name, doubled, gaps, reconnects } of followers) {
    t.equal(doubled, 0, `${name}: none doubled`)
    t.strictSame(
      gaps.filter(({ missing, told }) => missing > told),
      [],
      `${name}: none lost without a word`,
    )
    t.ok(reconnects >= 1, `${name}: came again`)
  }
  for (const { name, first } of fromFirst) t.equal(first, 1, `${name}: begins with the first`)
  for (const { name, first } of fromMiddle) t.equal(first, BEFORE / 2 + 1, `${name}: begins behind its cursor`)
  for (const { name, first } of fromTail) t.equal(first, BEFORE, `${name}: begins with the last`)
  t.ok(nearTail.first > BEFORE - 100, `${nearTail.name}: begins near the last`)
  t.equal(slow.gaps.length, 2, 'the slow one was overtaken twice')
  for (const { name, gaps, needless } of unfiltered) {
    for (const { told, unseen } of gaps) t.equal(told, unseen, `${name}: told exactly of what it missed`)
    t.equal(needless, 0, `${name}: told of nothing else`)
  }
  t.strictSame(
    followers.flatMap(({ refusals }) => refusals),
    [],
    'the socket never refused a connection',
  )
  t.ok(Math.max(...samples.map(({ rssKib }) => rssKib)) < MEMORY_MAX_KIB, 'within MemoryMax=')

  const stoppedSeconds = Math.ceil(Date.now() / 1000)
  for (const each of followers) each.stop()
  const { MainPID } = await show(NODE, UNIT, 'MainPID')
  let counted = ''
  const nothingLeft = until('no reader is left, and none met a broken part', async () => {
    const file = '/run/dcos/metrics/dcos-log.prom'
    counted = await sh(NODE, `find ${file} -newermt @${stoppedSeconds} -exec cat {} +`)
    return NOTHING_LEFT.every(line => counted.split('\n').includes(line))
  })
  await nothingLeft.catch(async (error: unknown) => {
    t.comment(counted.match(/^dcos_log_(journal|followers).*/gm)?.join('\n'))
    t.comment(await sh(NODE, `journalctl -q -u ${UNIT} -p warning -o cat`))
    throw error
  })
  await until(
    'removed files are let go',
    async () => (await sh(NODE, `ls -l /proc/${MainPID}/fd | grep -c '(deleted)' || :`)) === '0',
  )
  t.equal(await run(NODE, 'journalctl', '-q', '-u', UNIT, '-p', 'err', '-o', 'cat'), '', 'no error was logged')
}

/** Until the test ends. */
async function limitJournal(t: Test, { sh }: TestBed): Promise<void> {
  const restart = 'systemctl restart systemd-journald'
  t.teardown(() => sh(NODE, `rm -f ${LIMITS_FILE}; ${restart}`))
  await sh(NODE, `mkdir -p ${dirname(LIMITS_FILE)}; printf '${LIMITS}' >${LIMITS_FILE}; ${restart}`)
}

/** Keeps so many files, the active one among them; how many it removed. */
async function vacuum({ sh }: TestBed, keep: number): Promise<number> {
  const text = await sh(NODE, `journalctl --vacuum-files=${keep} 2>&1`)
  return text.match(/^Deleted archived/gm)?.length ?? 0
}

function cost(samples: readonly Sample[]): string {
  const shares = samples.slice(1).map((now, i) => {
    const before = samples[i]!
    return before.pid === now.pid ? (100_000 * (now.cpuSeconds - before.cpuSeconds)) / (now.atMs - before.atMs) : 0
  })
  const rssMib = Math.max(...samples.map(({ rssKib }) => rssKib)) / 1024
  return `peak of resident memory ${rssMib.toFixed(0)} MiB, of one core at most ${Math.max(0, ...shares).toFixed(0)} %`
}

async function sample({ sh }: TestBed): Promise<Sample> {
  const text = await sh(
    NODE,
    `pid=$(systemctl show -p MainPID --value ${UNIT}); echo $pid; [ $pid = 0 ] || { sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status; cut -d ' ' -f 14,15 /proc/$pid/stat; } 2>/dev/null || :`,
  )
  const [pid = '0', rss = '0', ticks = '0 0'] = text.split('\n')
  const cpuSeconds = ticks.split(' ').reduce((sum, each) => sum + Number(each), 0) / 100
  return { pid, rssKib: Number(rss), cpuSeconds, atMs: performance.now() }
}

async function cursorAt(socketPath: string, path: string): Promise<string> {
  const { cursor } = JSON.parse(await body(socketPath, path)) as { cursor: string }
  return cursor
}

async function answerMs(socketPath: string): Promise<number> {
  const sinceMs = performance.now()
  await body(socketPath, '/openapi.json')
  return performance.now() - sinceMs
}

function body(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ socketPath, path, agent: false, headers: { Accept: 'application/json' } }, async response => {
      response.setEncoding('utf8')
      let text = ''
      for await (const chunk of response) text += chunk
      resolve(text)
    })
    request.on('error', reject)
  })
}
