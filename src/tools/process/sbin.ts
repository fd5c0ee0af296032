// SPDX-License-Identifier: Apache-2.0

/** A PATH with mke2fs and debugfs on it: they are in sbin, which is not on everybody's. */
export function withSbin(): string {
  return [process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(':');
}
