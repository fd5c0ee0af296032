// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAX_PARENTS, Mrq, NAME_BYTES, PAYLOAD_MAX } from '../../../src/firmware/abi.ts';
import { MAGIC } from '../../../src/firmware/frame.ts';

// docs/abi.md: three programs that are built apart share these numbers; no compiler sees two of them at once.

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');

const kernelWindow = read('kernel-overlay/bpmp-guest-proxy/window.h');
const kernelHost = read('kernel-overlay/include/uapi/linux/bpmp-host.h');
const qemuWindow = read('qemu-overlay/include/hw/misc/nvidia-bpmp-guest-regs.h');
const qemuHost = read('qemu-overlay/include/hw/misc/bpmp-host-abi.h');
const qemuFrame = read('qemu-overlay/include/hw/misc/bpmp-frame.h');
const qemuProtocol = read('qemu-overlay/include/hw/misc/bpmp-protocol.h');
const docs = read('docs/abi.md');

/** The number that `name` is defined to, whatever the suffix. */
function define(text: string, name: string): bigint {
  const value = new RegExp(`#define\\s+${name}\\s+(0x[0-9a-f]+|\\d+)`, 'i').exec(text)?.[1];
  if (value === undefined) throw new Error(`no number called ${name}`);
  return BigInt(value);
}

/** Fields of a struct as [type, name, count], the kernel's and QEMU's names of types made one. */
function fields(text: string, name: string): string[] {
  const body = new RegExp(`struct ${name} \\{([^}]*)\\}`).exec(text)?.[1];
  if (body === undefined) throw new Error(`no struct called ${name}`);
  return [...body.matchAll(/(\w+)\s+(\w+)(\[\w+\])?;/g)].map(([, type, field, count]) => {
    const plain = type?.replace(/^(?:__)?(?:u|le)(\d+)$/, 'u$1').replace(/^__s/, 's');
    return `${plain?.replace(/^uint(\d+)_t$/, 'u$1').replace(/^int(\d+)_t$/, 's$1')} ${field}${count ?? ''}`;
  });
}

test.each(['TX', 'RX', 'TX_SIZE', 'RX_SIZE', 'RET', 'MRQ', 'DOORBELL', 'ID'])(
  'the window has %s at one place',
  (register) => {
    const offset = define(kernelWindow, `BPMP_WINDOW_${register}`);
    expect(define(qemuWindow, `BPMP_GUEST_${register}`)).toBe(offset);
    expect(docs).toMatch(new RegExp(`\\| 0x${offset.toString(16).padStart(3, '0')}\\S*\\s*\\| ${register}`));
  },
);

test('the window answers with the ID that the guest looks for', () => {
  expect(define(qemuWindow, 'BPMP_GUEST_ID_VALUE')).toBe(
    (2n << 32n) | define(kernelWindow, 'BPMP_WINDOW_MAGIC'),
  );
  expect(define(qemuWindow, 'NVIDIA_BPMP_GUEST_SIZE')).toBe(define(kernelWindow, 'BPMP_WINDOW_SIZE'));
});

test('the request block is laid out alike', () => {
  const bytes: Record<string, bigint> = { u8: 1n, u32: 4n, u64: 8n };
  let at = 0n;
  for (const field of fields(kernelWindow, 'bpmp_window_block')) {
    const [type = '', name = ''] = field.split(' ');
    const [, plain = '', count = '1'] = /^(\w+)(?:\[(\d+)\])?$/.exec(name) ?? [];
    if (plain !== 'reserved') expect(define(qemuWindow, `BPMP_BLOCK_${plain.toUpperCase()}`), plain).toBe(at);
    at += (bytes[type] ?? 0n) * BigInt(count);
  }
  expect(define(qemuWindow, 'BPMP_BLOCK_SIZE')).toBe(at);
});

test.each(['bpmp_host_transfer', 'bpmp_host_info'])('struct %s is the same in kernel and QEMU', (name) => {
  expect(fields(qemuHost, name)).toEqual(fields(kernelHost, name));
});

test('the ioctls have the same numbers', () => {
  const numbers = (text: string) =>
    [...text.matchAll(/#define\s+(BPMP_HOST_\w+)\s+\\?\s*(_IO\w*)\((\w+), (\d)/g)].map((m) => m.slice(1, 5));
  expect(numbers(kernelHost)).toHaveLength(3);
  expect(numbers(qemuHost)).toEqual(numbers(kernelHost));
  for (const name of ['BPMP_HOST_IOC_MAGIC', 'BPMP_HOST_VERSION', 'BPMP_HOST_PAYLOAD']) {
    expect(define(qemuHost, name), name).toBe(define(kernelHost, name));
  }
});

test('the firmware model speaks as QEMU does', () => {
  expect(BigInt(MAGIC)).toBe(define(qemuFrame, 'BPMP_FRAME_MAGIC'));
  expect(BigInt(Mrq.lineState)).toBe(define(qemuProtocol, 'BPMP_MRQ_LINE_STATE'));
  expect(BigInt(Mrq.undo)).toBe(define(qemuFrame, 'BPMP_FRAME_MRQ_RESET'));
  expect(BigInt(PAYLOAD_MAX)).toBe(define(qemuFrame, 'BPMP_FRAME_PAYLOAD'));
  expect(BigInt(PAYLOAD_MAX)).toBe(define(kernelHost, 'BPMP_HOST_PAYLOAD'));
  for (const private_ of [Mrq.lineState, Mrq.undo]) expect(docs).toContain(`0x${private_.toString(16)}`);
  expect([MAX_PARENTS, NAME_BYTES]).toEqual([16, 40]);
});
