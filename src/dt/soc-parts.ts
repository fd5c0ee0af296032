// SPDX-License-Identifier: Apache-2.0
import { registersOf } from './registers.ts';
import { type DtNode, nodesAbove, stringsOf } from './tree.ts';

/** A kind of device that the host never gives away, by what it is compatible with. */
type PartKind = readonly [compatible: RegExp, what: string];

/** Parts of the chip that all else stands on. Names are those of mainline's and of NVIDIA's trees. */
const INFRASTRUCTURE: readonly PartKind[] = [
  [/-bpmp$|-bpmp-/, 'the BPMP’s own'],
  [/-e?fuse$|-apbmisc$|-misc$/, 'the chip’s fuses and identity'],
  [/hwpm/, 'the hardware performance monitor, which sees all of the chip'],
  [/actmon/, 'the activity monitor that scales the memory’s clock'],
  [/pinmux|-padctl$|-p2u$|uphy/, 'pins and pads of the chip'],
  [/-mc$|-emc$|-memory-controller$|memory-controller/, 'the memory controller'],
  [
    /-(dce|rce|ape|aon|sce|adsp|spe|psc|fsi|mce|tsa)$|-(dce|rce|ape|aon|sce|adsp)[-_]/,
    'a processor with firmware of the host',
  ],
  [/smmu|iommu/, 'an IOMMU'],
  [/[-,]a?gic(-|$)|interrupt-controller/, 'an interrupt controller'],
  [/-(gpc|a|apb)?dma$|dma-controller/, 'a DMA engine'],
  [/-hsp$|mailbox/, 'a mailbox between processors'],
  [/-gpio(-|$)|pca9\d{3}/, 'a GPIO controller'],
  [/-pmc$/, 'the power management controller'],
  [
    /-(timer|wdt|watchdog|tsc|gte|hte|rtc|timestamp)(-|$)|tegra-wdt|cam-cdi-tsc|-nvpps$/,
    'a clock or watchdog of the host',
  ],
  [/-(fabric|cbb|axi2apb|sysram|ccplex|cluster)(-|$)|mmio-sram/, 'a bus or memory of the chip'],
  [/-epl-client$/, 'the way of errors to the safety processor'],
  [/tachometer/, 'the tachometer of the fan'],
  [/soctherm|thermal/, 'the thermal sensor of the chip'],
  [/coresight|-(etm|stm|etf|etr)(-|$)/, 'debug hardware that sees all of the chip'],
  [/-(aconnect|ahub|admaif|axbar|mipical|mipi)$/, 'a hub of others'],
];

/**
 * Controllers that firmware has, or at which all modules have what the host needs, whatever the board's tree says of
 * them and of what is at them: by the place of their registers, which is the chip's, and what they are compatible with.
 */
const FIXED: readonly (readonly [address: bigint, compatible: RegExp, what: string])[] = [
  // All Orin modules boot from QSPI0 (Jetson Linux Developer Guide, "Boot Architecture").
  [0x327_0000n, /qspi/, 'the boot flash’s controller (QSPI0)'],
  // "Controlled by BPMP, should not be enabled": tegra186.dtsi has it at this address, Tegra234 gives it no node.
  [0x31a_0000n, /i2c/, 'the BPMP’s way to the power supply (I2C5)'],
  // On the modules P3701 and P3767, by NVIDIA's trees of both; boards' trees leave out what is there.
  [0x316_0000n, /i2c/, 'the way to the module’s identity (I2C1, EEPROM 0x50)'],
  [0xc24_0000n, /i2c/, 'the way to the module’s power monitor (I2C2, INA3221 0x40)'],
];

/** What controller of the firmware's a node is; undefined where it is another one. */
export function fixedPartOf(node: DtNode): string | undefined {
  const address = registersOf(node)[0]?.address;
  const names = stringsOf(node, 'compatible');
  return FIXED.find(([at, pattern]) => at === address && names.some((name) => pattern.test(name)))?.[2];
}

/**
 * Controllers that read no memory by themselves: a CPU, or a DMA engine of the host, moves each word. Of anything else
 * without a stream, nothing shows that it does not.
 */
const WITHOUT_DMA =
  /-h?s?uart$|ns16550|^arm,(pl011|sbsa-uart)|dw-apb-uart|-i2c(-|$)|^nvidia,tegra\d+-(spi|spi-slave|pwm)$|[-,]m?t?t?can$/;

/** Whether a node is known to make no memory requests; those of the audio hub's parts, a DMA engine of it makes. */
export function isWithoutDma(node: DtNode): boolean {
  if ([...nodesAbove(node)].some(isAudioHub)) return true;
  return stringsOf(node, 'compatible').some((name) => WITHOUT_DMA.test(name));
}

/** Controllers that disks are at, under any name. */
const STORAGE = /sdhci|sdmmc|(^|[,-])mmc([,-]|$)|mshc|ufs|ahci|sata|nvme|[,-]nand/;

/** What each list of compatible names was found to be: nodes alike have one list (`stringsOf`). */
const PARTS = new WeakMap<readonly string[], string>();
const NO_PART = '';

/** What part of the chip a node is that no VM may have; undefined for a device like another. */
export function infrastructureOf(node: DtNode): string | undefined {
  const names = stringsOf(node, 'compatible');
  let part = PARTS.get(names);
  if (part === undefined) {
    part = INFRASTRUCTURE.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1] ?? NO_PART;
    PARTS.set(names, part);
  }
  return part === NO_PART ? undefined : part;
}

/** Whether disks are at it. */
export function isStorage(node: DtNode): boolean {
  return stringsOf(node, 'compatible').some((name) => STORAGE.test(name));
}

/** Whether it is an Ethernet controller, under the names of NVIDIA's and mainline's trees. */
export function isNetwork(node: DtNode): boolean {
  const names = stringsOf(node, 'compatible');
  return (
    /^ethernet@/.test(node.name) ||
    names.some((name) => /-mgbe$|-eqos$|eqos$|dwmac|dwxgmac|ethernet/.test(name))
  );
}

/** Whether it is a UART. */
export function isSerial(node: DtNode): boolean {
  const names = stringsOf(node, 'compatible');
  return names.some((name) => /-h?s?uart$|ns16550|^arm,(pl011|sbsa-uart)$|dw-apb-uart/.test(name));
}

/** The audio hub, which all that its parts play and record goes through. */
export function isAudioHub(node: DtNode): boolean {
  return stringsOf(node, 'compatible').some((name) => /-ahub$/.test(name));
}

/** The integrated GPU: its requests carry no stream of the node. */
export function isGpu(node: DtNode): boolean {
  return stringsOf(node, 'compatible').some((name) =>
    /^nvidia,(tegra\d+-)?(gk20a|gm20b|gp10b|gv11b|ga10b|gb\d+\w?)$/.test(name),
  );
}

/** The host1x, whose clients work through it alone. */
export function isHost1x(node: DtNode): boolean {
  return stringsOf(node, 'compatible').some((name) => /host1x/.test(name));
}

/** A display controller: its firmware processor (DCE) and its memory are the host's. */
export function isDisplay(node: DtNode): boolean {
  return stringsOf(node, 'compatible').some((name) => /[-,](nv)?display$|-dc$|-sor$|-dpaux$/.test(name));
}
