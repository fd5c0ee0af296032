// SPDX-License-Identifier: Apache-2.0
declare module 'proxy-from-env' {
  /** The proxy for `url` by http_proxy, https_proxy, all_proxy and no_proxy; '' where it is reached directly. */
  export function getProxyForUrl(url: string | URL): string;
}
