// SPDX-License-Identifier: Apache-2.0
import type { OptionsOfTextResponseBody } from 'got';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

type Agents = NonNullable<OptionsOfTextResponseBody['agent']>;

/**
 * Options of got for `url` as http_proxy, https_proxy, all_proxy and no_proxy ask for, in either case: neither got nor Node 20 reads
 * them, while git and apt do. A redirect may lead to a host that is reached otherwise, so they are asked again there.
 */
export function throughProxy(url: string) {
  return {
    agent: agentsFor(url),
    hooks: {
      beforeRedirect: [
        (next: { url?: URL | string | undefined; agent: Agents }) => {
          next.agent = agentsFor(String(next.url));
        },
      ],
    },
  };
}

/** What is fetched over https goes through a tunnel; what is not, by the whole address: proxies tunnel to port 443 only. */
function agentsFor(url: string): Agents {
  const proxy = getProxyForUrl(url);
  if (proxy === '') return {};
  return url.startsWith('https:')
    ? { https: new HttpsProxyAgent(proxy) }
    : { http: new HttpProxyAgent(proxy) };
}
