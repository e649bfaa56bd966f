#!/usr/bin/env bash
#
# testbed.sh: boot a small cluster of real systemd nodes on one Linux machine.
#
# A node is a container booted by systemd-nspawn: its own PID 1 (systemd), D-Bus, journald,
# logind, cgroups and network, on a Debian image. Nothing is mocked: a unit that behaves in a
# node behaves so on a real host, save for the limits listed in README.md.
#
# It needs root and apt, and works on a machine whose PID 1 is not systemd. The machine's own
# network is never touched: nodes live on a bridge inside a network namespace of their own.
#
# Run it without arguments for the list of sub-commands.

set -euo pipefail
shopt -s nullglob

# --- settings (environment) -------------------------------------------------------------------

TESTBED_DIR=${TESTBED_DIR:-/var/lib/dcos-node/testbed} # this bed's state; a second bed needs one of its own
TESTBED_NAME=${TESTBED_NAME:-dcos}                     # prefix of namespaces and machine names, likewise
TESTBED_SUITE=${TESTBED_SUITE:-bookworm}               # Debian release of the nodes: bullseye, bookworm or trixie
TESTBED_DEBIAN_URL=${TESTBED_DEBIAN_URL:-}             # where the nodes' packages come from; empty: where this machine's do
TESTBED_PACKAGES=${TESTBED_PACKAGES:-}                 # more packages for the image, space-separated
TESTBED_BIND=${TESTBED_BIND:-}                         # read-only mounts in each node: "SRC:DST SRC:DST"
TESTBED_NODE_BIN=${TESTBED_NODE_BIN:-}                 # a Node.js lent to the nodes; empty: none, they run on the package nodejs
TESTBED_NET=${TESTBED_NET:-172.31.0}                   # first three numbers of the nodes' /24
TESTBED_CGROUPS=${TESTBED_CGROUPS:-auto}               # cgroups of the nodes: auto or unified, see README.md
TESTBED_BOOT_TIMEOUT=${TESTBED_BOOT_TIMEOUT:-60}       # seconds to wait for a node to boot
TESTBED_STOP_TIMEOUT=${TESTBED_STOP_TIMEOUT:-30}       # seconds before a node that won't halt is killed

PACKAGES=(
  systemd systemd-sysv dbus libpam-systemd libnss-myhostname libsystemd0 procps kmod passwd
  iproute2 iputils-ping nftables iptables ipset ipvsadm bind9-dnsutils
  ca-certificates curl socat tar xz-utils zstd less logrotate
)

# Units of the image that only make noise or load in a short-lived node.
MASKED=(
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
  e2scrub_reap.service fstrim.timer logrotate.timer systemd-pstore.service
  getty.target console-getty.service systemd-networkd-wait-online.service ipvsadm.service
)

# Node names become host names, interface names and directory names.
readonly NAME_RE='^[a-z][a-z0-9-]{0,11}$'
readonly NODES=$TESTBED_DIR/nodes IMAGES=${DCOS_NODE_CACHE:-/var/cache/dcos-node}/images
readonly SWITCH=$TESTBED_NAME-switch
readonly NODE_PATH_ENV=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# --- small functions --------------------------------------------------------------------------

say() { printf '%s\n' "$*" >&2; }
die() { printf 'testbed: %s\n' "$*" >&2; exit 1; }
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f s", b - a }'; }

need_root() {
  [[ $EUID -eq 0 ]] || die "must run as root"
  # ',' and ':' would end a path in the options of an overlay mount.
  local dir
  for dir in "$TESTBED_DIR" "$IMAGES"; do
    [[ $dir == /* && $dir != *[,:\ ]* ]] || die "$dir must be an absolute path without , : or space (TESTBED_DIR, DCOS_NODE_CACHE)"
  done
}

check_name() {
  [[ $1 =~ $NAME_RE ]] || die "bad node name '$1' (lower-case letters, digits and -, at most 12)"
}

# Install the packages that bring the commands given as COMMAND=PACKAGE and that are missing.
need_commands() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

install_packages() {
  command -v apt-get >/dev/null || die "missing packages ($*) and no apt-get to install them"
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
  # The package lists of a fresh machine are empty or stale: refresh them only if the first try fails.
  "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null 2>&1 ||
    { "${apt[@]}" update >/dev/null && "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null; } ||
    die "could not install $*"
}

need_tools() {
  need_commands systemd-nspawn=systemd-container ip=iproute2 nsenter=util-linux flock=util-linux \
    findmnt=util-linux pgrep=procps
}

# One writer at a time. The descriptor is closed for long-lived children (9>&-).
take_lock() {
  mkdir -p "$TESTBED_DIR"
  exec 9>"$TESTBED_DIR/lock"
  flock -w 600 9 || die "another testbed.sh has held $TESTBED_DIR/lock for 10 minutes"
}

# --- image ------------------------------------------------------------------------------------
#
# An image is a stack of directories: "base", and on top of it optional layers that hold only
# their difference from base. A node is an overlay mount of such a stack and a private upper
# directory, so that a new node costs no copy. The directories lie in the cache, named after their
# release and a digest of what they are made from: every bed uses the same ones, and none is
# ever changed.

image_dir() { echo "$IMAGES/$1-$TESTBED_SUITE-$(image_digest "$1")"; }

image_digest() {
  if [[ $1 == tree ]]; then
    echo "$TESTBED_SUITE" "$TESTBED_PACKAGES"
    declare -f build_tree
  else
    echo "$TESTBED_SUITE" "${PACKAGES[@]}" "$TESTBED_PACKAGES" "${MASKED[@]}"
    declare -f configure_base build_base
    [[ $1 == base ]] || declare -f "layer_$1" build_layer
  fi | sha256sum | cut -c1-12
}

layers() { declare -F | sed -n 's/^declare -f layer_\([a-z]*\)$/\1/p' | paste -sd' '; }

# The archive to build from: the setting, else the one that this machine's apt has for the same
# release, else the one it has for the machine's own: an archive holds the neighbouring releases too.
debian_url() {
  [[ -z $TESTBED_DEBIAN_URL ]] || { echo "$TESTBED_DEBIAN_URL"; return; }
  local own url
  own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  # shellcheck disable=SC2016  # apt's own placeholders
  url=$(apt-get indextargets --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' 2>/dev/null |
    awk -v suite="$TESTBED_SUITE" -v own="${own:-stable}" '
      $1 != "main" { next }
      $2 == suite { exact = $3 }
      $2 == own && !near { near = $3 }
      END { print exact ? exact : near }')
  [[ -n $url ]] || die "apt on this machine has no Debian archive: set TESTBED_DEBIAN_URL"
  echo "$url"
}

# Build into $1. Runs in a private mount namespace (see ensure_image), so no mount can outlive it.
build_base() {
  local root=$1 packages="${PACKAGES[*]} $TESTBED_PACKAGES"
  mmdebstrap --quiet --mode=root --variant=minbase --include="${packages// /,}" \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$TESTBED_SUITE" "$root" "$(debian_url)"
  configure_base "$root"
}

configure_base() {
  local root=$1 unit
  for unit in "${MASKED[@]}"; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
  # man1: without that directory the Java packages of the zookeeper layer fail to configure.
  mkdir -p "$root/var/log/journal" "$root/usr/local/lib/testbed" "$root/usr/share/man/man1"
  : >"$root/etc/machine-id"
  rm -f "$root/etc/hostname" "$root/etc/resolv.conf"

  # PID 1 of a node. On a cgroup v1 machine systemd-nspawn mounts the controllers read-only, and
  # MemoryMax=, CPUQuota= and TasksMax= would silently do nothing. The node sits in a cgroup
  # namespace over a subtree of its own, so it may safely have them writable.
  cat >"$root/usr/local/lib/testbed/init" <<'EOF'
#!/bin/sh
for dir in /sys/fs/cgroup /sys/fs/cgroup/*; do
  [ -L "$dir" ] || ! mountpoint -q "$dir" || mount -o remount,bind,rw,nosuid,nodev,noexec "$dir"
done
exec /lib/systemd/systemd "$@"
EOF
  chmod 755 "$root/usr/local/lib/testbed/init"
}

# Extra layers: one function "layer_NAME" each, run with the path of a writable root.

# Debian's ZooKeeper under a unit of ours: what zookeeperd brings is an init script that reports a dead server as
# active, and a data directory under /tmp.
layer_zookeeper() {
  in_chroot "$1" apt-get -qq install -y --no-install-recommends default-jre-headless libzookeeper-java libslf4j-java netcat-openbsd
  in_chroot "$1" useradd --system --home-dir /var/lib/zookeeper --shell /usr/sbin/nologin zookeeper
  # The white list is for the four-letter commands that monitoring uses: since 3.5 all but srvr are refused.
  mkdir -p "$1/etc/zookeeper" "$1/etc/systemd/system/multi-user.target.wants"
  cat >"$1/etc/zookeeper/zoo.cfg" <<'EOF'
tickTime=2000
initLimit=10
syncLimit=5
dataDir=/var/lib/zookeeper
clientPort=2181
admin.enableServer=false
4lw.commands.whitelist=*
EOF
  cat >"$1/etc/systemd/system/zookeeper.service" <<'EOF'
[Unit]
Description=ZooKeeper: keeps what the masters agree on

[Service]
User=zookeeper
ExecStart=/usr/bin/java -Xmx128m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
  -cp /usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar:/usr/share/java/slf4j-api.jar:/usr/share/java/log4j-1.2.jar \
  org.apache.zookeeper.server.quorum.QuorumPeerMain /etc/zookeeper/zoo.cfg
SuccessExitStatus=143
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
EOF
  # A member's number is expected in the data directory; join_ensemble writes it beside the configuration.
  install -d -o "$(in_chroot "$1" id -u zookeeper)" "$1/var/lib/zookeeper"
  ln -s /etc/zookeeper/myid "$1/var/lib/zookeeper/myid"
  ln -s ../zookeeper.service "$1/etc/systemd/system/multi-user.target.wants/zookeeper.service"
}

in_chroot() {
  local root=$1
  shift
  DEBIAN_FRONTEND=noninteractive PATH=$NODE_PATH_ENV LC_ALL=C.UTF-8 chroot "$root" "$@"
}

# Build layer $1 into $2, with $3 for scratch. In a private mount namespace, too.
build_layer() {
  local name=$1 upper=$2 scratch=$3 root=$3/root
  mkdir -p "$scratch"
  # An overlay cannot be the upper side of an overlay (a cache inside a container): use memory then.
  [[ $(stat -f -c %T "$scratch") != overlayfs ]] || mount -t tmpfs tmpfs "$scratch"
  mkdir "$scratch"/{upper,work,root}
  mount -t overlay overlay -o "lowerdir=$(image_dir base),upperdir=$scratch/upper,workdir=$scratch/work" "$root"
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  rm -f "$root/etc/resolv.conf"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  # Packages must not start their services while the image is being built.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  in_chroot "$root" apt-get -qq update
  "layer_$name" "$root"
  in_chroot "$root" apt-get clean
  rm -rf "$root/usr/sbin/policy-rc.d" "$root/etc/resolv.conf" "$root"/var/lib/apt/lists/*
  umount "$root/dev" "$root/proc" "$root"
  # Keeps the whiteouts (device nodes) and the opaque marks (attributes) of an upper directory.
  rmdir "$upper"
  mv "$scratch/upper" "$upper"
}

# Packages with all that they depend on, not installed: their programs run on this machine, with libraries of their own.
build_tree() {
  local root=$1
  mmdebstrap --quiet --mode=root --variant=extract --include="${TESTBED_PACKAGES// /,}" \
    "$TESTBED_SUITE" "$root" "$(debian_url)"
  cat >"$root/exec" <<'EOF'
#!/bin/sh
# exec PROGRAM [ARGUMENT...]: runs a program of this tree, named by its path in it.
root=$(dirname "$0") program=$1
shift
libraries=$root/usr/lib/x86_64-linux-gnu
exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:$libraries/systemd" "$root/$program" "$@"
EOF
  chmod 755 "$root" "$root/exec"
}

# Build image directory $1 (base, a layer or tree) unless the cache has it.
ensure_image() {
  local name=$1 dir part start old log=$TESTBED_DIR/image.log
  dir=$(image_dir "$name")
  [[ ! -d $dir ]] || return 0
  mkdir -p "$IMAGES"
  exec 8>"$IMAGES/lock"
  flock -w 900 8 || die "another testbed.sh has held $IMAGES/lock for 15 minutes"
  [[ ! -d $dir ]] || { exec 8>&-; return 0; }
  need_commands mmdebstrap=mmdebstrap unshare=util-linux
  [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || install_packages debian-archive-keyring
  start=$(now) part=$IMAGES/.$name-$TESTBED_SUITE.part
  say "image $name of $TESTBED_SUITE: building, about a minute"
  rm -rf --one-file-system "$part" "$part.scratch"
  mkdir "$part"
  unshare --mount --propagation private "$0" _build "$name" "$part" "$part.scratch" >"$log" 2>&1 ||
    { tail -20 "$log" >&2; die "building image $name of $TESTBED_SUITE failed, see $log"; }
  rm -rf --one-file-system "$part.scratch"
  mv "$part" "$dir"
  say "image $name of $TESTBED_SUITE: built in $(since "$start"), $(du -sh "$dir" | cut -f1)"
  # What an older script built for the same release and no bed uses now.
  for old in "$IMAGES/$name-$TESTBED_SUITE"-*; do
    [[ $old == "$dir" ]] || grep -qF "$old" /proc/mounts || rm -rf --one-file-system "$old"
  done
  exec 8>&-
}

build_image() {
  case $1 in
    base) build_base "$2" ;;
    tree) build_tree "$2" ;;
    *) build_layer "$@" ;;
  esac
}

cmd_image() {
  need_root; need_tools; take_lock
  local layer
  ensure_image base
  for layer in "$@"; do
    declare -F "layer_$layer" >/dev/null || die "no such layer '$layer' (there is: $(layers))"
    ensure_image "$layer"
  done
}

cmd_tree() {
  [[ $# -gt 0 ]] || { usage >&2; exit 2; }
  need_root; take_lock
  export TESTBED_PACKAGES=$*
  ensure_image tree
  image_dir tree
}

# --- network ----------------------------------------------------------------------------------

switch_up() {
  ip netns list | grep -qw "^$SWITCH" && return 0
  ip netns add "$SWITCH"
  ip -n "$SWITCH" link set lo up
  ip -n "$SWITCH" link add br0 type bridge
  ip -n "$SWITCH" addr add "$TESTBED_NET.1/24" dev br0
  ip -n "$SWITCH" link set br0 up
}

# $1 node, $2 address. The veth pair is born inside the two namespaces; the machine's own never sees it.
node_net_up() {
  local ns=$TESTBED_NAME-$1
  ip netns add "$ns"
  ip -n "$SWITCH" link add "$1" type veth peer name eth0 netns "$ns"
  ip -n "$SWITCH" link set "$1" master br0 up
  ip -n "$ns" link set lo up
  ip -n "$ns" addr add "$2/24" dev eth0
  ip -n "$ns" link set eth0 up
  ip -n "$ns" route add default via "$TESTBED_NET.1"
}

# --- cgroups ----------------------------------------------------------------------------------

# Where node $1 sits, one directory a line: in every mounted hierarchy a child of the caller's own
# cgroup, so that nodes stay within whatever limits the caller has. With systemd as PID 1 there is
# nothing to do: systemd-nspawn asks it for a scope.
cgroup_dirs() {
  [[ ! -d /run/systemd/system ]] || return 0
  local line controllers path mount
  while IFS= read -r line; do
    controllers=${line#*:} path=${line#*:*:}
    controllers=${controllers%%:*}
    if [[ -z $controllers ]]; then
      mount=$(findmnt -n -o TARGET -t cgroup2 | head -1)
    else
      mount=$(findmnt -n -o TARGET -t cgroup -O "${controllers%%,*}" | head -1)
    fi
    [[ -z $mount ]] || printf '%s/%s.%s\n' "${mount}${path%/}" "$TESTBED_NAME" "$1"
  done </proc/self/cgroup
}

cgroup_make() {
  local dir=$1 parent file
  parent=$(dirname "$dir")
  mkdir "$dir"
  # A new v1 cpuset is empty and takes no process until it is given CPUs and memory nodes.
  for file in cpuset.cpus cpuset.mems; do
    [[ ! -e $dir/cpuset.cpu_exclusive ]] || cat "$parent/$file" >"$dir/$file"
  done
}

cgroup_remove() {
  local dir=$1
  [[ -d $dir ]] || return 0
  find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || true
  [[ ! -d $dir ]] || say "warning: could not remove cgroup $dir"
}

# --- nodes ------------------------------------------------------------------------------------

node_names() { local dir; for dir in "$NODES"/*/; do basename "$dir"; done; }

# Print a value from a node's record: role, ip, supervisor (PID of node_supervise), leader (PID 1).
node_get() { cat "$NODES/$1/$2" 2>/dev/null || true; }

# The node's PID 1, seen from here; empty if it is not running. It changes when the node reboots:
# a recorded PID is only good while it is PID 1 of some PID namespace, else ask the supervisor.
node_leader() {
  local pid supervisor nspawn
  pid=$(node_get "$1" leader)
  if [[ -n $pid ]] && is_leader "$pid"; then
    echo "$pid"
    return
  fi
  supervisor=$(node_get "$1" supervisor)
  [[ -n $supervisor ]] || return 0
  for nspawn in $(pgrep -P "$supervisor" || true); do
    for pid in $(pgrep -P "$nspawn" || true); do
      if is_leader "$pid"; then
        echo "$pid" | tee "$NODES/$1/leader"
        return
      fi
    done
  done
}

is_leader() {
  [[ $(awk '/^NSpid:/ { print NF - 1, $NF }' "/proc/$1/status" 2>/dev/null) == [2-9]' 1' ]]
}

require_running() {
  check_name "$1"
  [[ -d $NODES/$1 ]] || die "no node '$1' (there is: $(node_names | paste -sd' '))"
  [[ -n $(node_leader "$1") ]] || die "node '$1' is not running, see $NODES/$1/console.log"
}

# Run a command inside a node, as root, with a clean environment. Returns its exit status.
# The shell, still outside the node's process ids, is the one that waits: a node that goes down stops all its processes before
# it ends them, and nsenter, if it waited, would stop itself with its child and never hear of the end.
in_node() {
  local leader
  leader=$(node_leader "$1")
  shift
  # shellcheck disable=SC2016  # the node's shell expands
  nsenter --target "$leader" --mount --uts --ipc --net --pid --cgroup --root --no-fork \
    sh -c '"$@"; exit $?' sh \
    env -i --chdir=/ PATH="$NODE_PATH_ENV" HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" container=systemd-nspawn "$@"
}

free_address() {
  local n taken=" "
  for n in $(node_names); do taken+="$(node_get "$n" ip) "; done
  for n in $(seq 11 250); do
    [[ $taken == *" $TESTBED_NET.$n "* ]] || { echo "$TESTBED_NET.$n"; return; }
  done
  die "no free address in $TESTBED_NET.0/24"
}

# Prepare node $1 with role $2 and address $3: record, overlay, identity, network, cgroups.
node_prepare() {
  local name=$1 role=$2 ip=$3 dir=$NODES/$1 lower layer cg
  mkdir -p "$dir"/{upper,work,root}
  echo "$role" >"$dir/role"
  echo "$ip" >"$dir/ip"
  # A master carries every layer there is; an agent is the bare base.
  lower=$(image_dir base)
  if [[ $role == master ]]; then
    for layer in $(layers); do [[ ! -d $(image_dir "$layer") ]] || lower=$(image_dir "$layer"):$lower; done
  fi
  # An overlay cannot be the upper side of an overlay (as in a Docker container): use memory then.
  if [[ $(stat -f -c %T "$dir") == overlayfs ]]; then
    mount -t tmpfs tmpfs "$dir/work"
    mkdir "$dir"/work/{upper,work}
    mount -t overlay overlay -o "lowerdir=$lower,upperdir=$dir/work/upper,workdir=$dir/work/work" "$dir/root"
  else
    mount -t overlay overlay -o "lowerdir=$lower,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
  fi

  # Identity. A machine-id of its own (and not an empty one, which systemd takes for a first boot), and
  # a resolv.conf that is a plain file. What an installer writes on a host is the installer's to write.
  local etc=$dir/root/etc
  printf '%s' "$TESTBED_NAME/$name" | md5sum | cut -c1-32 >"$etc/machine-id"
  echo "$name" >"$etc/hostname"
  printf '# No upstream name server: the test network has no way out.\n' >"$etc/resolv.conf"

  node_net_up "$name" "$ip"
  cgroup_dirs "$name" >"$dir/cgroups"
  while IFS= read -r cg; do cgroup_make "$cg"; done <"$dir/cgroups"
}

# Every node's /etc/hosts names every node. Until dcos-spartan answers for them it also holds the names that
# units ping before they start (spec units 1.3): leader.mesos is the first master, whoever really leads.
write_hosts() {
  local name other masters=()
  for name in $(node_names); do [[ $(node_get "$name" role) != master ]] || masters+=("$(node_get "$name" ip)"); done
  for name in $(node_names); do
    {
      printf '127.0.0.1 localhost ready.spartan\n::1 localhost ip6-localhost\n%s.1 testbed\n' "$TESTBED_NET"
      for other in $(node_names); do printf '%s %s\n' "$(node_get "$other" ip)" "$other"; done
      [[ ${#masters[@]} -eq 0 ]] || printf '%s leader.mesos\n' "${masters[0]}"
      for other in "${masters[@]}"; do printf '%s master.mesos\n' "$other"; done
    } >"$NODES/$name/root/etc/.hosts.testbed"
    # A rename replaces whatever the node may have put there; writing would follow a symbolic link out of it.
    mv -fT "$NODES/$name/root/etc/.hosts.testbed" "$NODES/$name/root/etc/hosts"
  done
}

# Make one ZooKeeper ensemble of those of the nodes "$@" that are masters with the layer, before they boot. One
# alone stands alone; masters that come later are not members.
join_ensemble() {
  local name id=0 servers='' dirs=()
  for name in "$@"; do
    [[ -e $NODES/$name/root/etc/zookeeper ]] || continue
    dirs+=("$NODES/$name/root/etc/zookeeper")
    servers+="server.${#dirs[@]}=$(node_get "$name" ip):2888:3888"$'\n'
  done
  [[ ${#dirs[@]} -gt 1 ]] || return 0
  for name in "${dirs[@]}"; do
    id=$((id + 1))
    printf '%s' "$servers" >>"$name/zoo.cfg"
    echo "$id" >"$name/myid"
  done
}

# The parent of node $1's systemd-nspawn. Runs in the background, as a session of its own.
node_supervise() {
  local name=$1 dir=$NODES/$1 bind status
  local args=(
    --quiet --settings=no --register=no
    --directory="$dir/root" --machine="$TESTBED_NAME-$name" --hostname="$name"
    --uuid="$(cat "$dir/root/etc/machine-id")"
    --network-namespace-path="/run/netns/$TESTBED_NAME-$name"
    # Without --private-network systemd-nspawn takes CAP_NET_ADMIN away; the namespace is private, so give it.
    --capability=CAP_NET_ADMIN
    --resolv-conf=off --timezone=off --link-journal=no
    --kill-signal=SIGRTMIN+3
  )
  # Without systemd as PID 1 there is nobody to ask for a scope: stay in the cgroups that node_start chose.
  [[ -d /run/systemd/system ]] || args+=(--keep-unit)
  [[ -z $TESTBED_NODE_BIN ]] || args+=(--bind-ro="$(readlink -f "$TESTBED_NODE_BIN"):/usr/local/bin/node")
  for bind in $TESTBED_BIND; do args+=(--bind-ro="$bind"); done
  # "network" leaves /proc/sys/net writable, so that daemons can set net.* sysctls of their node.
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
  [[ $TESTBED_CGROUPS != unified ]] || export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
  while :; do
    status=0
    systemd-nspawn "${args[@]}" /usr/local/lib/testbed/init || status=$?
    # 133: the node rebooted, and under --keep-unit starting it again is the caller's task.
    [[ $status -eq 133 ]] || exit "$status"
  done
}

node_start() {
  local name=$1 dir=$NODES/$1 cg
  (
    # The children of this subshell must not hold the lock, nor sit in the caller's cgroups.
    exec 9>&-
    while IFS= read -r cg; do echo "$BASHPID" >"$cg/cgroup.procs"; done <"$dir/cgroups"
    exec setsid "$0" _supervise "$name" </dev/null >"$dir/console.log" 2>&1
  ) &
  echo "$!" >"$dir/supervisor"
  disown "$!"
}

# Wait until node $1 has booted; $2 is when (epoch seconds) to give up.
node_wait() {
  local name=$1 deadline=$2 dir=$NODES/$1 supervisor state=
  supervisor=$(node_get "$name" supervisor)
  while :; do
    if [[ -n $(node_leader "$name") ]]; then
      state=$(in_node "$name" systemctl is-system-running 2>/dev/null || true)
      [[ $state != running && $state != degraded ]] || break
    fi
    [[ -d /proc/$supervisor ]] || { tail -20 "$dir/console.log" >&2; die "node $name died, see $dir/console.log"; }
    [[ $(date +%s) -lt $deadline ]] || { tail -20 "$dir/console.log" >&2; die "node $name did not boot in ${TESTBED_BOOT_TIMEOUT} s (state: ${state:-none})"; }
    sleep 0.1
  done
  if [[ $state == degraded ]]; then
    say "warning: node $name booted with failed units:"
    in_node "$name" systemctl --failed --no-legend --plain >&2
  fi
}

cmd_up() {
  need_root
  [[ $# -gt 0 ]] || die "usage: testbed.sh up NAME[:ROLE[:ADDRESS]]..."
  need_tools; take_lock
  local spec name role ip start started=()
  start=$(now)
  # Refuse bad requests before doing anything.
  for spec in "$@"; do
    IFS=: read -r name role ip <<<"$spec"
    check_name "$name"
    case ${role:=agent} in master | agent | public-agent) ;; *) die "bad role '$role' in '$spec' (master, agent or public-agent)" ;; esac
    [[ ! -d $NODES/$name ]] || die "node '$name' is there already"
  done
  ensure_image base
  mkdir -p "$NODES"
  switch_up
  for spec in "$@"; do
    IFS=: read -r name role ip <<<"$spec"
    node_prepare "$name" "${role:-agent}" "${ip:-$(free_address)}"
    started+=("$name")
  done
  write_hosts
  join_ensemble "${started[@]}"
  for name in "${started[@]}"; do node_start "$name"; done
  for name in "${started[@]}"; do node_wait "$name" "$(($(date +%s) + TESTBED_BOOT_TIMEOUT))"; done
  say "${#started[@]} node(s) up in $(since "$start"): ${started[*]}"
}

cmd_run() {
  need_root
  local as_unit=
  [[ ${1:-} != -u ]] || { as_unit=1; shift; }
  [[ $# -ge 2 ]] || die "usage: testbed.sh run [-u] NODE COMMAND [ARGUMENT...]"
  local name=$1
  shift
  require_running "$name"
  if [[ -n $as_unit ]]; then
    in_node "$name" systemd-run --quiet --collect --wait --pipe -- "$@"
  else
    in_node "$name" "$@"
  fi
}

cmd_push() {
  need_root
  [[ $# -eq 3 ]] || die "usage: testbed.sh push NODE SOURCE DESTINATION"
  local name=$1 src=$2 dst=$3
  require_running "$name"
  [[ $dst == /* ]] || die "destination '$dst' is not an absolute path"
  # Unpack inside the node, so that its own symbolic links are followed, never this machine's.
  # shellcheck disable=SC2016,SC2094 # the node's shell expands; stat only looks
  if [[ -d $src ]]; then
    tar -C "$src" -cf - . | in_node "$name" sh -c 'mkdir -p "$1" && tar -C "$1" --no-same-owner -xpf -' sh "$dst"
  elif [[ -f $src ]]; then
    [[ $dst != */ ]] || dst+=$(basename "$src")
    in_node "$name" sh -c 'mkdir -p "$(dirname "$1")" && cat >"$1.testbed-part" && chmod "$2" "$1.testbed-part" && mv -f "$1.testbed-part" "$1"' \
      sh "$dst" "$(stat -c %a "$src")" <"$src"
  else
    die "no such file or directory: $src"
  fi
}

# Run a command of this machine on the test network, as a client outside the nodes.
cmd_net() {
  need_root
  [[ $# -gt 0 ]] || die "usage: testbed.sh net COMMAND [ARGUMENT...]"
  [[ -e /run/netns/$SWITCH ]] || die "no test network: bring a node up first"
  exec nsenter --net="/run/netns/$SWITCH" "$@"
}

# Ask node $1 to halt: systemd takes SIGRTMIN+3 for "stop every unit, then halt".
node_halt() {
  local leader
  leader=$(node_leader "$1")
  [[ -z $leader ]] || kill -s RTMIN+3 "$leader" 2>/dev/null || true
}

# Wait until node $1 has halted, and remove every trace of it.
node_remove() {
  local name=$1 dir=$NODES/$1 leader supervisor waited=0 cg
  supervisor=$(node_get "$name" supervisor)
  while [[ -n $(node_leader "$name") || -d /proc/${supervisor:-none}/ns ]]; do
    # Only ever kill the node's own PID 1; the kernel then ends every process of the node.
    if [[ $waited -ge $((TESTBED_STOP_TIMEOUT * 10)) ]]; then
      leader=$(node_leader "$name")
      [[ -n $leader ]] || break
      say "warning: node $name did not halt in $TESTBED_STOP_TIMEOUT s, killing it"
      kill -KILL "$leader" 2>/dev/null || true
      waited=0
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
  ! mountpoint -q "$dir/root" || umount "$dir/root" || umount --lazy "$dir/root"
  ! mountpoint -q "$dir/work" || umount "$dir/work"
  [[ ! -e /run/netns/$TESTBED_NAME-$name ]] || ip netns del "$TESTBED_NAME-$name"
  [[ ! -e $dir/cgroups ]] || while IFS= read -r cg; do cgroup_remove "$cg"; done <"$dir/cgroups"
  # systemd-nspawn leaves this one behind where /run is not a tmpfs.
  rmdir "/run/systemd/nspawn/propagate/$TESTBED_NAME-$name" 2>/dev/null || true
  rm -rf "$dir"
}

# shellcheck disable=SC2120 # purge wants the default
cmd_down() {
  need_root; take_lock
  local names=("$@") name
  [[ ${#names[@]} -gt 0 ]] || mapfile -t names < <(node_names)
  for name in "${names[@]}"; do
    check_name "$name"
    [[ -d $NODES/$name ]] || die "no node '$name'"
  done
  # Ask all of them first, so that they stop at the same time.
  for name in "${names[@]}"; do node_halt "$name"; done
  for name in "${names[@]}"; do node_remove "$name"; done
  local left=("$NODES"/*/)
  if [[ ${#left[@]} -eq 0 ]]; then
    [[ ! -e /run/netns/$SWITCH ]] || ip netns del "$SWITCH"
    rm -rf "$NODES"
  else
    write_hosts
  fi
}

cmd_purge() {
  # shellcheck disable=SC2119
  cmd_down
  rm -rf --one-file-system "$IMAGES" "$TESTBED_DIR/image.log" "$TESTBED_DIR/lock"
  rmdir "$TESTBED_DIR" 2>/dev/null || true
}

cmd_status() {
  need_root
  local name leader state memory cg
  printf '%-12s %-12s %-15s %-8s %-9s %-8s %s\n' NODE ROLE ADDRESS PID1 STATE MEMORY DISK
  for name in $(node_names); do
    leader=$(node_leader "$name") state=down memory=-
    if [[ -n $leader ]]; then
      state=$(in_node "$name" systemctl is-system-running 2>/dev/null || true)
      # Resident memory that is the node's own (proportional share) of every process in its PID namespace.
      memory=$(for cg in $(ps -eo pid=,pidns= | awk -v ns="$(stat -Lc %i "/proc/$leader/ns/pid")" '$2 == ns { print $1 }'); do
        cat "/proc/$cg/smaps_rollup" 2>/dev/null || true
      done | awk '/^Pss:/ { n += $2 } END { printf "%.0fM", n / 1024 }')
    fi
    printf '%-12s %-12s %-15s %-8s %-9s %-8s %s\n' "$name" "$(node_get "$name" role)" "$(node_get "$name" ip)" \
      "${leader:--}" "${state:-unknown}" "$memory" "$(du -sh "$NODES/$name/upper" 2>/dev/null | cut -f1)"
  done
}

usage() {
  cat <<EOF
usage: testbed.sh COMMAND

  image [LAYER...]             build the nodes' image unless the cache has it; layers: $(layers)
  tree PACKAGE...              extract packages into the cache and print where; DIRECTORY/exec runs their programs
  up NAME[:ROLE[:ADDRESS]]...  boot nodes; ROLE is master, agent (default) or public-agent
  run [-u] NODE COMMAND...     run a command in a node; -u: as a transient unit of its systemd
  push NODE SOURCE DESTINATION copy a file or a directory's content into a node
  net COMMAND...               run a command of this machine on the nodes' network
  status                       list the nodes
  down [NODE...]               halt and remove nodes (all of them by default)
  purge                        down, and remove the images too, which other beds may use

State is kept in $TESTBED_DIR, images in $IMAGES; see README.md.
EOF
}

main() {
  local command=${1:-help}
  [[ $# -eq 0 ]] || shift
  case $command in
    image | tree | up | run | push | net | down | purge | status) "cmd_$command" "$@" ;;
    _build) build_image "$@" ;;
    _supervise) node_supervise "$@" ;;
    help | -h | --help) usage ;;
    *) usage >&2; exit 2 ;;
  esac
}

main "$@"
