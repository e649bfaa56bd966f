/**
 * The table of configuration keys (pkgpanda 5.6), in the order in which they are resolved: a row may use the values of rows
 * above it. docs/configuration.md is generated from it, and a test compares the two.
 */
import type { Parameter } from './parameter.ts'
import {
  anyText,
  boolean,
  bootstrapUrl,
  calendarEvent,
  forwardZones,
  hostName,
  hostPatterns,
  integerBetween,
  integerFrom,
  ipv4,
  ipv4List,
  json,
  jsonList,
  listOf,
  masterCount,
  masterList,
  nonEmpty,
  oneLine,
  oneOf,
  overlayNetwork,
  publicKeys,
  repositoryUrls,
  resolvers,
  script,
  searchDomains,
  zkHosts,
  zkPath,
} from './rules.ts'

/** Where an agent and a client without its own proxy rule must not go through a proxy. */
const NO_PROXY_ALWAYS = '.mesos,.thisdcos.directory,.dcos.directory,.zk,127.0.0.1,localhost'

const DEFAULT_OVERLAY = {
  vtep_subnet: '44.128.0.0/20',
  vtep_mac_oui: '70:B3:D5:00:00:00',
  overlays: [{ name: 'dcos', subnet: '9.0.0.0/8', prefix: 24 }],
}

const STATIC = { name: 'master_discovery', is: 'static' }
const BALANCED = { name: 'master_discovery', is: 'master_http_loadbalancer' }
const PROXIED = { name: 'use_proxy', is: 'true' }
const backend = (is: string) => ({ name: 'exhibitor_storage_backend', is })

export const parameters: readonly Parameter[] = [
  // The cluster and its masters
  { name: 'cluster_name', from: 'required', rule: oneLine, readBy: [], docs: 'Name of the cluster, shown to its users.' },
  { name: 'bootstrap_url', from: 'required', rule: bootstrapUrl, readBy: ['dcos_install.sh'], docs: 'Where nodes find the package repository.' },
  { name: 'master_discovery', from: 'required', rule: oneOf('static', 'master_http_loadbalancer'), readBy: ['node', 'dns'], docs: 'How agents find the masters: a fixed list, or Exhibitor behind a load balancer.' },
  { name: 'master_list', from: 'required', when: STATIC, rule: masterList, readBy: ['node'], docs: 'Addresses of the masters, as detect_ip prints them there.' },
  { name: 'num_masters', from: 'computed', when: STATIC, rule: masterCount, readBy: ['node'], docs: 'Number of masters: the length of master_list.', value: known => known.master_list && String(listOf(known.master_list).length) },
  { name: 'exhibitor_address', from: 'required', when: BALANCED, rule: hostName, readBy: ['dns'], docs: 'Address of the load balancer in front of the masters.' },
  { name: 'num_masters', from: 'required', when: BALANCED, rule: masterCount, readBy: ['node'], docs: 'Number of masters.' },
  { name: 'master_quorum', from: 'computed', rule: integerFrom(1), readBy: [], docs: 'Masters that must agree: more than half of num_masters.', value: known => known.num_masters && String(Math.floor(Number(known.num_masters) / 2) + 1) },
  { name: 'exhibitor_storage_backend', from: 'required', rule: oneOf('static', 'zookeeper', 'aws_s3', 'shared_filesystem', 'azure', 'agent_only_group_no_exhibitor'), readBy: [], docs: 'Where Exhibitor keeps the list of ZooKeeper servers.' },
  { name: 'exhibitor_zk_hosts', from: 'required', when: backend('zookeeper'), rule: zkHosts, readBy: [], docs: 'The ZooKeeper that Exhibitor stores its state in.' },
  { name: 'exhibitor_zk_path', from: 'required', when: backend('zookeeper'), rule: zkPath, readBy: [], docs: 'Path below which Exhibitor stores its state.' },
  { name: 'aws_region', from: 'required', when: backend('aws_s3'), rule: nonEmpty, readBy: [], docs: 'Region of the bucket.' },
  { name: 's3_bucket', from: 'required', when: backend('aws_s3'), rule: nonEmpty, readBy: [], docs: 'Bucket for the state of Exhibitor.' },
  { name: 's3_prefix', from: 'required', when: backend('aws_s3'), rule: nonEmpty, readBy: [], docs: 'Prefix of the objects in that bucket.' },
  { name: 'exhibitor_explicit_keys', from: 'required', when: backend('aws_s3'), rule: boolean, readBy: [], docs: 'Use the two keys below instead of the role of the machine.' },
  { name: 'aws_access_key_id', from: 'required', when: { name: 'exhibitor_explicit_keys', is: 'true' }, rule: nonEmpty, readBy: [], docs: 'Access key for the bucket.' },
  { name: 'aws_secret_access_key', from: 'required', when: { name: 'exhibitor_explicit_keys', is: 'true' }, rule: nonEmpty, secret: true, readBy: [], docs: 'Secret of that access key.' },
  { name: 'exhibitor_fs_config_dir', from: 'required', when: backend('shared_filesystem'), rule: nonEmpty, readBy: [], docs: 'Directory that all masters share.' },
  { name: 'exhibitor_azure_prefix', from: 'required', when: backend('azure'), rule: nonEmpty, readBy: [], docs: 'Prefix of the blobs.' },
  { name: 'exhibitor_azure_account_name', from: 'required', when: backend('azure'), rule: nonEmpty, readBy: [], docs: 'Storage account.' },
  { name: 'exhibitor_azure_account_key', from: 'required', when: backend('azure'), rule: nonEmpty, secret: true, readBy: [], docs: 'Key of that account.' },
  { name: 'exhibitor_admin_password', from: 'default', value: '', rule: oneLine, secret: true, readBy: [], docs: 'Password of the Exhibitor user interface; empty: none.' },
  { name: 'master_external_loadbalancer', from: 'default', value: '', rule: oneLine, readBy: [], docs: 'Name of a load balancer in front of the masters, for certificates and links.' },
  { name: 'weights', from: 'default', value: '', rule: oneLine, readBy: [], docs: 'Weights of Mesos roles, as role=weight,….' },

  // The node
  { name: 'platform', from: 'default', value: 'onprem', rule: oneLine, readBy: ['node'], docs: 'Kind of infrastructure, reported as PROVIDER.' },
  { name: 'os_type', from: 'optional', rule: oneOf('coreos', 'el7'), readBy: [], docs: 'Operating system of the nodes.' },
  { name: 'bootstrap_tmp_dir', from: 'default', value: 'opt', rule: { allowed: 'a path without a leading slash, of letters, digits and . _ - /', check: value => (/^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._/-]*$/.test(value) ? undefined : 'Must be a path below /, without a leading slash') }, readBy: ['dcos_install.sh'], docs: 'Directory for the bootstrap tarball while it is downloaded. 1.9: tmp, which any user of the node may write to.' },
  { name: 'repository_trusted_keys', from: 'default', value: '[]', rule: publicKeys, readBy: ['dcos_install.sh'], docs: 'Who may sign the index of the package repository (docs/signing.md); nodes with such a key refuse another index. A file is relative to the directory of the configuration. On nodes: /etc/mesosphere/trusted-keys.' },
  { name: 'ip_detect_filename', from: 'default', value: 'genconf/ip-detect', rule: nonEmpty, readBy: [], docs: 'Script that prints the IPv4 address of the node it runs on; relative to the directory of the configuration or to the current one.' },
  { name: 'ip_detect_contents', from: 'required', rule: script, readBy: ['node'], docs: 'Text of that script; read from ip_detect_filename unless given.' },
  { name: 'ip_detect_public_filename', from: 'optional', rule: nonEmpty, readBy: [], docs: 'Script that prints the public IPv4 address; relative as above.' },
  { name: 'ip_detect_public_contents', from: 'default', rule: script, readBy: ['node'], docs: 'Text of that script; the private one unless given.', value: known => known.ip_detect_contents },
  { name: 'use_proxy', from: 'default', value: 'false', rule: boolean, readBy: ['node'], docs: 'Give services that talk to the outside a proxy.' },
  { name: 'http_proxy', from: 'required', when: PROXIED, rule: oneLine, readBy: ['node'], docs: 'Proxy for http://, as http://[user:password@]host:port.' },
  { name: 'https_proxy', from: 'required', when: PROXIED, rule: oneLine, readBy: ['node'], docs: 'Proxy for https://.' },
  { name: 'no_proxy', from: 'default', when: PROXIED, value: '[]', rule: hostPatterns, readBy: ['node'], docs: 'Hosts and domains to be reached directly, added to those of the cluster.' },
  { name: 'no_proxy_final', from: 'computed', when: PROXIED, rule: oneLine, readBy: ['node'], docs: 'The whole list of hosts and domains to be reached directly.', value: known => known.no_proxy && [NO_PROXY_ALWAYS, ...listOf(known.no_proxy)].join(',') },
  { name: 'check_time', from: 'default', value: 'true', rule: boolean, readBy: [], docs: 'Services wait until the clock is synchronised.' },
  { name: 'pkgpanda_api_agent_changes', from: 'default', value: 'false', rule: boolean, readBy: ['pkgpanda-api'], docs: 'Agents fetch, remove and activate packages through their API. Admin Router serves it on port 61001 of an agent without login: whoever reaches that port is root on the node then. Not in 1.9, where they always did.' },
  { name: 'pkgpanda_repository_urls', from: 'default', value: '[]', rule: repositoryUrls, readBy: ['pkgpanda-api'], docs: 'Package repositories that the API may fetch from, with everything below them, beside bootstrap_url. Not in 1.9, whose API fetched from anywhere.' },
  { name: 'customer_key', from: 'default', value: '', rule: oneLine, readBy: [], docs: 'Reported with telemetry.' },

  // Names
  { name: 'resolvers', from: 'default', value: '["8.8.8.8","8.8.4.4"]', rule: resolvers, readBy: ['dns'], docs: 'DNS servers for names outside the cluster.' },
  { name: 'dns_search', from: 'default', value: '', rule: searchDomains, readBy: ['dns'], docs: 'Search domains of the nodes.' },
  { name: 'dns_bind_ip_blacklist', from: 'default', value: '[]', rule: ipv4List, readBy: [], docs: 'Addresses on which the DNS forwarder must not listen.' },
  { name: 'dns_forward_zones', from: 'default', value: '[]', rule: forwardZones, readBy: [], docs: 'Zones with their own DNS servers.' },
  { name: 'master_dns_bindall', from: 'default', value: 'true', rule: boolean, readBy: [], docs: 'Masters answer DNS on every address.' },
  { name: 'mesos_dns_ip_sources', from: 'default', value: '["host","netinfo"]', rule: jsonList, readBy: [], docs: 'Where Mesos-DNS takes the address of a task from.' },

  // Networks of tasks
  { name: 'enable_lb', from: 'default', value: 'true', rule: boolean, readBy: [], docs: 'Virtual addresses of services.' },
  { name: 'minuteman_min_named_ip', from: 'default', value: '11.0.0.0', rule: ipv4, readBy: [], docs: 'First address for named virtual addresses.' },
  { name: 'minuteman_max_named_ip', from: 'default', value: '11.255.255.255', rule: ipv4, readBy: [], docs: 'Last address for named virtual addresses.' },
  { name: 'dcos_overlay_enable', from: 'default', value: 'true', rule: boolean, readBy: [], docs: 'Overlay networks for tasks.' },
  { name: 'dcos_overlay_mtu', from: 'default', value: '1420', rule: integerFrom(552), readBy: [], docs: 'Largest packet on the overlay, in bytes.' },
  { name: 'dcos_overlay_config_attempts', from: 'default', value: '4', rule: integerBetween(0, 10), readBy: [], docs: 'Tries to configure the overlay on an agent.' },
  { name: 'dcos_overlay_network', from: 'default', value: JSON.stringify(DEFAULT_OVERLAY), rule: overlayNetwork, readBy: [], docs: 'Subnets of the overlays; each agent gets a part of the length prefix.' },
  { name: 'dcos_overlay_network_default_name', from: 'default', value: 'dcos', rule: nonEmpty, readBy: [], docs: 'Overlay of tasks that name none.' },

  // Mesos and Docker
  { name: 'mesos_log_retention_mb', from: 'default', value: '4000', rule: integerFrom(1024), readBy: ['logrotate'], docs: 'Space for the logs of Mesos, in MB.' },
  { name: 'mesos_container_log_sink', from: 'default', value: 'logrotate', rule: oneOf('logrotate', 'journald', 'journald+logrotate'), readBy: [], docs: 'Where the output of tasks goes.' },
  { name: 'enable_gpu_isolation', from: 'default', value: 'true', rule: boolean, readBy: [], docs: 'Isolate GPUs.' },
  { name: 'gpus_are_scarce', from: 'default', value: 'true', rule: boolean, readBy: [], docs: 'Offer nodes with GPUs only to frameworks that want them.' },
  { name: 'gc_delay', from: 'default', value: '2days', rule: nonEmpty, readBy: [], docs: 'Age at which the sandbox of a finished task may be removed.' },
  { name: 'docker_remove_delay', from: 'default', value: '1hrs', rule: nonEmpty, readBy: [], docs: 'Age at which a stopped Docker container is removed.' },
  { name: 'docker_stop_timeout', from: 'default', value: '20secs', rule: nonEmpty, readBy: [], docs: 'Time a Docker container gets to stop.' },
  { name: 'enable_docker_gc', from: 'default', value: 'false', rule: boolean, readBy: [], docs: 'Remove unused Docker images.' },
  { name: 'cluster_docker_credentials', from: 'default', value: '{}', rule: json, secret: true, readBy: [], docs: 'Credentials for Docker registries, as in the config.json of Docker.' },
  { name: 'cluster_docker_credentials_enabled', from: 'default', value: 'false', rule: boolean, readBy: [], docs: 'Use these credentials.' },
  { name: 'cluster_docker_credentials_dcos_owned', from: 'default', value: 'true', rule: boolean, readBy: [], docs: 'Keep these credentials in the directory of the suite.' },
  { name: 'cluster_docker_credentials_write_to_etc', from: 'default', value: 'false', rule: boolean, readBy: [], docs: 'Also write these credentials to /etc.' },
  { name: 'cluster_docker_registry_url', from: 'default', value: '', rule: oneLine, readBy: [], docs: 'Registry of images that name none.' },
  { name: 'dcos_remove_dockercfg_enable', from: 'default', value: 'false', rule: boolean, readBy: [], docs: 'Remove the credentials from the sandbox after the image was pulled.' },
  { name: 'rexray_config_preset', from: 'default', value: '', rule: oneOf('', 'aws'), readBy: [], docs: 'Ready-made settings for external volumes.' },
  { name: 'rexray_config', from: 'optional', rule: json, readBy: [], docs: 'Settings for external volumes.' },
  { name: 'cosmos_config', from: 'default', value: '{}', rule: json, readBy: [], docs: 'Storage of packages for Cosmos: both URIs or none.' },

  // Packages
  { name: 'package_gc_schedule', from: 'default', value: 'daily', rule: calendarEvent, readBy: ['package-gc'], docs: 'When nodes remove packages that nothing needs any more, as a calendar event of systemd.time(7); empty: never.' },
  { name: 'package_gc_keep', from: 'default', value: '1', rule: integerBetween(0, 1000), readBy: ['package-gc'], docs: 'Inactive versions of each package that stay all the same, newest first.' },

  // Users and reports
  { name: 'oauth_enabled', from: 'default', value: 'true', rule: boolean, readBy: [], docs: 'Users log in.' },
  { name: 'oauth_available', from: 'default', value: 'true', rule: boolean, readBy: [], docs: 'The log-in service runs.' },
  { name: 'auth_cookie_secure_flag', from: 'default', value: 'false', rule: boolean, readBy: [], docs: 'Browsers send the log-in cookie over HTTPS alone.' },
  { name: 'superuser_password_hash', from: 'optional', rule: nonEmpty, secret: true, readBy: [], docs: 'Password of the first user, hashed (sha512-crypt).' },
  { name: 'telemetry_enabled', from: 'default', value: 'true', rule: boolean, readBy: [], docs: 'Send the hourly report.' },
  { name: 'ui_banner', from: 'default', value: 'false', rule: boolean, readBy: [], docs: 'Show a banner above the user interface.' },

  // The installer
  { name: 'agent_list', from: 'default', value: '[]', rule: ipv4List, readBy: [], docs: 'Addresses of the private agents, for installation over ssh.' },
  { name: 'public_agent_list', from: 'default', value: '[]', rule: ipv4List, readBy: [], docs: 'Addresses of the public agents, for installation over ssh.' },
  { name: 'ssh_user', from: 'optional', rule: nonEmpty, readBy: [], docs: 'User for installation over ssh.' },
  { name: 'ssh_key_path', from: 'default', value: 'genconf/ssh_key', rule: nonEmpty, readBy: [], docs: 'Private key of that user.' },
  { name: 'ssh_port', from: 'default', value: '22', rule: integerBetween(1, 32000), readBy: [], docs: 'Port of sshd on the nodes.' },
  { name: 'ssh_parallelism', from: 'default', value: '20', rule: integerBetween(1, 100), readBy: [], docs: 'Nodes worked on at a time.' },
  { name: 'process_timeout', from: 'default', value: '120', rule: integerFrom(1), readBy: [], docs: 'Time for one command on a node, in seconds.' },
  { name: 'extra_ssh_options', from: 'default', value: '', rule: anyText, readBy: [], docs: 'More options for ssh.' },
] // biome-ignore format: one row a line
