/** The reference shape wan-N: as topologies/wan-1000.yaml, for any number of hosts. */

export const HOSTS_PER_SITE = 10;

/**
 * @param hosts a multiple of HOSTS_PER_SITE
 * @param more hosts on the first site beside the shape's, which nothing translates
 */
export function wanTopology(hosts: number, more = 0): string {
  const sites = hosts / HOSTS_PER_SITE;
  const extra = Array.from({ length: more }, (_, index) => `  more${index}: { site-1: auto }\n`);
  return `name: ${wanName(hosts)}

segments:
  core: 198.18.0.0/16
  site: { count: ${sites}, subnet: 10.0.0.0/24 }

hosts:
  host: { count: ${hosts}, site: auto }
${extra.join('')}
routers:
  border:
    count: ${sites}
    interfaces: { site: auto, core: auto }
    nat:
      - { static: host, public: 198.19.0.0/16, via: core }
`;
}

export const wanName = (hosts: number): string => `wan-${hosts}`;
