// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { renderDomain, renderUnit } from '../../../src/launch/unit-files.ts';
import { vmSettings } from '../../../src/launch/vm-settings.ts';
import { makeFolder } from '../../helpers/board/board-tree.ts';

const board = (file: string) => readFileSync(join(import.meta.dirname, '../../../board', file), 'utf8');
const settings = vmSettings({
  VM_APPEND: 'a="b" & <c>',
  VM_DEVICES: '3100000.serial 3160000.i2c',
  VM_MEMORY: '2G',
  VM_MACHINE: 'virt,accel=kvm,platform-bus-size=64M',
});

async function has(program: string): Promise<boolean> {
  return !(await execa('sh', ['-c', `command -v ${program}`], { reject: false })).failed;
}

test('systemd takes the unit', async ({ skip }) => {
  const unit = renderUnit(board('vm.service.in'), settings);
  expect(unit).not.toMatch(/@[A-Z_]+@/);
  if (!(await has('systemd-analyze'))) skip('systemd-analyze is not installed');
  const folder = makeFolder();
  const local = unit.replaceAll('/opt/bpmp-virt/run-vm.sh', '/bin/true');
  const file = join(folder.path, 'bpmp-virt-uarta.service');
  writeFileSync(file, local);
  const { exitCode, all } = await execa('systemd-analyze', ['verify', '--man=no', file], {
    all: true,
    reject: false,
  });
  folder.remove();
  expect({ exitCode, all }).toEqual({ exitCode: 0, all: '' });
});

test('the domain is XML that libvirt’s reader takes, with QEMU’s words in it', async () => {
  const xml = renderDomain(board('vm-domain.xml.in'), settings);
  expect(xml).not.toMatch(/@[A-Z_]+@/);
  expect(xml).toContain('<cmdline>a=&quot;b&quot; &amp; &lt;c&gt;</cmdline>');
  expect(xml).toContain('<memory unit="MiB">2048</memory>');
  expect(xml.match(/vfio-platform,host=\S+(?=")/g)).toEqual([
    'vfio-platform,host=3100000.serial',
    'vfio-platform,host=3160000.i2c',
  ]);
  expect(xml).toContain('"platform-bus-size=64M,bpmp=on,bpmp-host=/dev/bpmp-host"');
  // expat is in every Debian's Python; libvirt's own schema check needs libvirt.
  const parse = 'import sys, xml.dom.minidom; xml.dom.minidom.parseString(sys.stdin.buffer.read())';
  const { exitCode, stderr } = await execa('python3', ['-c', parse], { input: xml, reject: false });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});

test('the domain of a guest over SCMI shares its memory and meets bpmp-scmi at its socket', () => {
  const scmi = vmSettings({
    VM_SCMI: './bpmp-scmi',
    VM_QEMU: 'qemu-system-aarch64',
    VM_DTB: '/run/x/guest.dtb',
  });
  const xml = renderDomain(board('vm-domain.xml.in'), scmi);
  expect(xml).not.toMatch(/@[A-Z_]+@/);
  expect(xml).toContain('<access mode="shared"/>');
  expect(xml).toContain('<emulator>/usr/bin/qemu-system-aarch64</emulator>');
  expect(xml).toContain('<dtb>/run/x/guest.dtb</dtb>');
  expect(xml).toContain('socket,id=scmi,path=/run/bpmp-virt/uarta/scmi/socket');
  expect(xml).not.toContain('bpmp=on');
});
