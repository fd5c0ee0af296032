// SPDX-License-Identifier: Apache-2.0

/** Flags of `image guest`. */
export type ImageFlags = {
  readonly kind: 'debian' | 'busybox';
  readonly out: string;
  readonly size?: number;
  readonly user: string;
  readonly key?: string;
  readonly autologin?: true;
  readonly hostname: string;
  readonly suite: readonly string[];
  readonly package: readonly string[];
  readonly modules?: string;
  readonly offline?: true;
  readonly mirror: readonly string[];
  readonly verbose?: true;
};
