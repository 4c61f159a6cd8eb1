import ipaddr from 'ipaddr.js';

/** IPv6 addresses that are routed on the internet; what lies outside is reserved, or embeds an IPv4 address. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Returns whether a literal IP address is one of the public internet: not loopback, private, link-local, carrier NAT,
 * documentation, multicast, nor an IPv6 form (mapped, NAT64, 6to4, Teredo) that leads to an IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(globalUnicast);
}
