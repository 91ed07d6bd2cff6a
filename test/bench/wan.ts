/** The reference shape wan-N: as topologies/wan-1000.yaml, for any number of hosts. */

export const HOSTS_PER_SITE = 10;

/** @param hosts a multiple of HOSTS_PER_SITE */
export function wanTopology(hosts: number): string {
  const sites = hosts / HOSTS_PER_SITE;
  return `name: ${wanName(hosts)}

segments:
  core: 198.18.0.0/16
  site: { count: ${sites}, subnet: 10.0.0.0/24 }

hosts:
  host: { count: ${hosts}, site: auto }

routers:
  border:
    count: ${sites}
    interfaces: { site: auto, core: auto }
    nat:
      - { static: host, public: 198.19.0.0/16, via: core }
`;
}

export const wanName = (hosts: number): string => `wan-${hosts}`;
