/** Every fault dcos-logrotate can end with. Codes are never renamed or reused; docs/ERRORS.md lists them. */
import { defineFaults } from '../shared/errors/fault.ts'

export const faults = defineFaults('LOGROTATE', {
  ROLE_UNKNOWN: {
    status: 500,
    message: (role: string) => `-role is '${role}', which is neither master nor agent`,
    remedy: 'Start the program through its unit, or with -role master or -role agent.',
    contract: 'logrotate 1',
  },
  CONFIG_INVALID: {
    status: 500,
    message: (file: string, line: number, why: string) => `'${file}', line ${line}: ${why}; nothing is rotated`,
    remedy: 'Generate the configuration again and install it; its size and space come from mesos_log_retention_mb.',
    contract: 'logrotate 2',
  },
  DIRECTORY_INSECURE: {
    status: 500,
    message: (path: string, why: string) => `'${path}' ${why}: rotating there as root could harm other files`,
    remedy:
      'Make it a directory that root alone writes to (chown root:root, chmod 0755). To have it on another disk, mount that disk there.',
    contract: 'logrotate 5',
  },
  FILE_INSECURE: {
    status: 500,
    message: (path: string, why: string) => `'${path}' ${why}, and is left alone`,
    remedy: 'Find out who put it there, and move it away; the next run, within two minutes, goes on.',
    contract: 'logrotate 5',
  },
  STEP_FAILED: {
    status: 500,
    message: (step: string, path: string, why: string) => `cannot ${step} '${path}': ${why}; no line is lost`,
    remedy:
      'ENOSPC, EDQUOT: free space on its file system. EROFS, EACCES, EPERM: make it writable, and look for chattr +a or +i. The next run, within two minutes, goes on.',
    contract: 'logrotate 4',
  },
  LOG_BUSY: {
    status: 500,
    message: (path: string) => `'${path}' grows faster than it can be copied, and is left as it is`,
    remedy: 'Find out what floods the log; the next run, within two minutes, tries again.',
    contract: 'logrotate 4',
  },
  LOG_SHRANK: {
    status: 500,
    message: (path: string) => `another program truncated '${path}' while it was copied; the copy stays in the archive`,
    remedy: 'Let one program alone rotate this log: look for another configuration of logrotate that names it.',
    contract: 'logrotate 4',
  },
  HOST_REFUSES: {
    status: 500,
    message: (program: string, file: string, why: string) => `${program} -d finds fault with '${file}': ${why}`,
    remedy: 'Mend what it says about the log and its directories; nothing was rotated.',
    contract: 'logrotate 3',
  },
  HOST_FAILED: {
    status: 500,
    message: (program: string, how: string, why: string) => `${program} ended with ${how}: ${why}`,
    remedy: 'Read its lines in the journal of this unit; the next run, within two minutes, tries again.',
    contract: 'logrotate 3',
  },
})
