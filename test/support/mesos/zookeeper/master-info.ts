/**
 * What a Mesos master writes of itself under /mesos in ZooKeeper: MasterInfo as JSON, in the node
 * `json.info_<sequence>`.
 */

export interface MasterInfo {
  id: string
  hostname: string
  /** IPv4 text. */
  ip: string
  port: number
}

/** The prefix of a candidate's node, to which ZooKeeper adds the sequence number. */
export const CANDIDATE_PREFIX = 'json.info_'
export const SEQUENCE_DIGITS = 10

/** QUIRK: `ip` is the address as a little-endian number; `address.ip` is its text. */
export function encodeMasterInfo({ id, hostname, ip, port }: MasterInfo, version: string): string {
  const number = ip.split('.').reduceRight((sum, octet) => sum * 256 + Number(octet), 0)
  return JSON.stringify({
    address: { hostname, ip, port },
    hostname,
    id,
    ip: number,
    pid: `master@${ip}:${port}`,
    port,
    version,
  })
}

/** undefined when it is not such a document. */
export function decodeMasterInfo(text: string): MasterInfo | undefined {
  try {
    const { id, hostname, address } = JSON.parse(text)
    return { id, hostname, ip: address.ip, port: address.port }
  } catch {
    return undefined
  }
}
