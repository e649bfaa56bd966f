/** Lines as strace 6.1 writes them. */
import t from 'tap'
import { parseTrace } from './trace-line.ts'

const hex = (text: string) => [...text].map(char => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')

t.test('calls with their paths, data and ends', async t => {
  const lines: [line: string, want: object][] = [
    [
      `rename("${hex('/a')}", "${hex('/b')}") = 0`,
      { name: 'rename', paths: ['/a', '/b'], fatal: false, injected: false },
    ],
    [`write(23<${hex('/n/x')}>, "${hex('hi\n')}", 3) = 3`, { name: 'write', paths: ['/n/x'], data: 'hi\n' }],
    [`symlink("${hex('to')}", "${hex('/n/l')}") = 0`, { paths: ['/n/l'], data: 'to' }],
    [
      `openat(AT_FDCWD<${hex('/work')}>, "${hex('rel')}", O_WRONLY|O_CREAT, 0600) = 3<${hex('/work/rel')}>`,
      { paths: ['/work/rel'] },
    ],
    [`unlinkat(7<${hex('/n/d')}>, "${hex('x')}", 0) = 0`, { paths: ['/n/d/x'] }],
    [`mkdir("${hex('/n')}", 0777) = -1 EEXIST (File exists)`, { paths: ['/n'], error: 'EEXIST' }],
    [`fsync(3<${hex('/n')}>) = -1 EIO (Input/output error) (INJECTED)`, { error: 'EIO', injected: true }],
    [`rename("${hex('/a')}", "${hex('/b')}") = ?`, { fatal: true }],
  ]
  for (const [line, want] of lines) t.match(parseTrace(line), [want], line)
  t.strictSame(parseTrace('+++ killed by SIGKILL +++\n--- SIGCHLD {} ---\n'), [])
})

t.test('threads that interrupt each other, and one that never comes back', async t => {
  const trace = [
    `11 fsync(3<${hex('/a')}> <unfinished ...>`,
    `10 rename("${hex('/x')}", "${hex('/y')}") = 0`,
    '11 <... fsync resumed>) = 0',
    `11 fsync(4<${hex('/b')}> <unfinished ...>`,
    '10 +++ killed by SIGKILL +++',
  ].join('\n')
  t.match(parseTrace(trace), [
    { thread: 10, name: 'rename', fatal: false },
    { thread: 11, name: 'fsync', paths: ['/a'], fatal: false },
    { thread: 11, name: 'fsync', paths: ['/b'], fatal: true },
  ])
})

t.test('a string that strace has cut', async t => {
  t.throws(() => parseTrace(`write(3<${hex('/a')}>, "${hex('x')}"..., 9) = 9`), /its limit is too low/)
})
