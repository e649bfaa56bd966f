/** Where the kernel's files are: movable, so that tests read whole fake machines and a container can look at its host. */

export interface Roots {
  /** `/proc` */
  readonly procfs: string
  /** `/sys` */
  readonly sysfs: string
  /** `/`: put before each mount point that is asked for its size. */
  readonly rootfs: string
}

export const DEFAULT_ROOTS: Roots = Object.freeze({ procfs: '/proc', sysfs: '/sys', rootfs: '/' })
