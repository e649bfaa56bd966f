/** The three units that stand outside dcos.target and bring a bare host to its packages (units 1.1, pkgpanda 5.1). */

export const LINK_ENV = `[Unit]
Description=DC/OS Environment: puts the suite's programs on the PATH of shells
Before=dcos.target

[Service]
Type=oneshot
StandardOutput=journal+console
StandardError=journal+console
ExecStart=/bin/mkdir -p /etc/profile.d
ExecStart=/bin/ln -sf /opt/mesosphere/bin/add_dcos_path.sh /etc/profile.d/dcos.sh
`

/**
 * DEPARTURE (pkgpanda 5.1): 1.9 asked for the install root, which an aborted unpacking left behind for ever, and 1.11 for
 * `active`, which is away for a moment in each activation: after a crash in that moment the next boot would have laid the
 * bootstrap over the node. Each name here says that pkgpanda owns the install root.
 */
export const DOWNLOAD = `[Unit]
Description=DC/OS Download: fetches and verifies the bootstrap tarball
Wants=network-online.target
After=network-online.target
ConditionPathExists=!/opt/mesosphere/active
ConditionPathExists=!/opt/mesosphere/active.new
ConditionPathExists=!/opt/mesosphere/active.old
ConditionPathExists=!/opt/mesosphere/install_progress

[Service]
Type=oneshot
StandardOutput=journal+console
StandardError=journal+console
ExecStart=/bin/sh /etc/mesosphere/download-bootstrap.sh
`

/** The environment file is optional, since it too is away in a half-done activation, which is when setup must run to recover. */
export const SETUP = `[Unit]
Description=DC/OS Setup: installs the packages of this node
Requires=dcos-download.service
After=dcos-download.service
Before=dcos.target

[Service]
Type=oneshot
StandardOutput=journal+console
StandardError=journal+console
EnvironmentFile=-/opt/mesosphere/environment
ExecStart=/bin/sh /etc/mesosphere/run-setup.sh

[Install]
WantedBy=multi-user.target
`
