// SPDX-License-Identifier: Apache-2.0
import { PLAIN_PROPERTIES } from './data/plain-properties.ts';
import type { ReferenceForm } from './specifiers.ts';

/** Properties whose phandles have arguments: as many as the named node says. */
const COUNTED: readonly (readonly [cells: `#${string}`, ...properties: string[]])[] = [
  ['#clock-cells', 'clocks', 'assigned-clocks', 'assigned-clock-parents', 'assigned-parent-clocks'],
  ['#reset-cells', 'resets'],
  ['#power-domain-cells', 'power-domains'],
  ['#iommu-cells', 'iommus'],
  ['#interrupt-cells', 'interrupts-extended', 'interrupt-templates'],
  ['#dma-cells', 'dmas'],
  ['#mbox-cells', 'mboxes'],
  ['#interconnect-cells', 'interconnects'],
  ['#phy-cells', 'phys'],
  ['#pwm-cells', 'pwms'],
  ['#io-channel-cells', 'io-channels'],
  ['#io-backend-cells', 'io-backends'],
  ['#thermal-sensor-cells', 'thermal-sensors'],
  ['#cooling-cells', 'cooling-device'],
  ['#hwlock-cells', 'hwlocks'],
  ['#mux-control-cells', 'mux-controls'],
  ['#mux-state-cells', 'mux-states'],
  ['#msi-cells', 'msi-parent'],
  ['#nvmem-cell-cells', 'nvmem-cells'],
  ['#sound-dai-cells', 'sound-dai'],
  ['#access-controller-cells', 'access-controllers'],
  ['#timestamp-cells', 'timestamps'],
];

/** Properties that are phandles and nothing else. */
const BARE = [
  ...['interrupt-parent', 'wakeup-parent', 'memory-region', 'nvmem', 'shmem', 'sram'],
  ...['phy-handle', 'phy', 'phy-device', 'pcs-handle', 'sfp', 'usb-phy', 'ethernet', 'dsa,member-device'],
  ...['remote-endpoint', 'dais', 'usb-role-switch', 'extcon', 'charger-detector'],
  ...[
    'cpu',
    'cpus',
    'cpu-idle-states',
    'domain-idle-states',
    'next-level-cache',
    'interrupt-affinity',
    'affinity',
  ],
  ...['operating-points-v2', 'required-opps', 'opp-table', 'trip', 'performance-domains'],
  ...['i2c-bus', 'i2c-parent', 'ddc-i2c-bus', 'mdio-parent-bus'],
  ...['backlight', 'panel', 'leds', 'syscon', 'companion', 'target'],
  ...['snps,axi-config', 'snps,mtl-rx-config', 'snps,mtl-tx-config', 'mmc-pwrseq'],
  ...['primary-emac', 'sec-emac', 'cvdevs'],
  ...['nvidia,memory-controller', 'nvidia,pmc', 'nvidia,xusb-padctl', 'nvidia,panel'],
  ...[
    'nvidia,host1x',
    'nvidia,vm-irq-config',
    'nvidia,gpio-controller',
    'nvidia,cmdqv',
    'nvidia,dpaux',
    'nvidia,outputs',
  ],
  ...[
    'nvidia,vi-devices',
    'nvidia,vi-falcon-device',
    'nvidia,isp-devices',
    'nvidia,isp-falcon-device',
    'nvidia,head',
  ],
  ...['nvidia,gmsl-dser-device', 'nvidia,gmsl-ser-device', 'nvidia,audio-codec', 'nvidia,ddc-i2c-bus'],
] as const;

/** Phandles by mainline's dt-schema, or seen in NVIDIA's trees, among numbers or of a form that nobody needs here. */
const OPAQUE = [
  ...['acc-syscon', 'adc-syscon', 'asram', 'audio-amplifier', 'audio-asrc', 'audio-aux-devs'],
  ...['audio-codec', 'audio-cpu', 'aux-devs', 'axistream-connected', 'battery', 'bitclock-master'],
  ...['capture', 'cci-control-port', 'cpu-syscon', 'ctrl-module', 'ddc', 'devfreq'],
  ...['devfreq-events', 'dfx', 'display', 'dma-masters', 'ecc-engine', 'flash'],
  ...['flash-leds', 'fpga-bridges', 'fpga-mgr', 'frame-master', 'gpr', 'i2s-controller'],
  ...['intf_mode', 'iram', 'lens-focus', 'link', 'link2', 'links'],
  ...[
    'mode-reg',
    'monitored-battery',
    'msi-ranges',
    'nand-ecc-engine',
    'native-mode',
    'nvidia,ac97-controller',
  ],
  ...[
    'nvidia,apbmisc',
    'nvidia,axi2apb',
    'nvidia,external-memory-controller',
    'nvidia,ganged-mode',
    'nvidia,i2s-controller',
    'nvidia,mipi-calibrate',
  ],
  ...['nvidia,phy', 'pairsets', 'peer-hub', 'phy-select', 'playback', 'pm_qos'],
  ...['ports', 'power-supplies', 'pses', 'ptp-timer', 'queue-rx', 'queue-txready'],
  ...['regmap', 'regulator-coupled-with', 'reset-n-io', 'sata', 'secure-monitor', 'slave-dev'],
  ...['sleep', 'slim-ifc-dev', 'spdif-controller', 'ssi-controller', 'su1-dev', 'su2-dev'],
  ...[
    'syscon-chipselects',
    'syscon-phy-power',
    'syscon-raminit',
    'syscon-sfpb',
    'syscon-tcsr',
    'transceiver',
  ],
  ...['usb3-dmp-syscon', 'nvidia,controller-id'],
] as const;

/** Phandles with arguments whose number the property itself fixes, maps, and those among other numbers. */
const SHAPED: readonly (readonly [form: ReferenceForm, ...properties: string[]])[] = [
  [1, 'nvidia,hsp-shared-mailbox'],
  ['first', 'nvidia,bpmp'],
  [3, 'gpio-ranges'],
  ['interrupt-map', 'interrupt-map'],
  ['id-map', 'iommu-map', 'msi-map'],
  [
    'opaque',
    'iommu-addresses',
    'nvidia,ivc-channels',
    'nvidia,trace',
    'nvidia,mem-map',
    'gpio_irq',
    'gpio_pinmux',
  ],
  [
    'opaque',
    'os_gpio_hotplug_a',
    'secondary-gpios',
    'interrupt-ranges',
    'trigger-sources',
    'nvidia,camera-device',
  ],
];

const REFERENCES: ReadonlyMap<string, ReferenceForm> = new Map<string, ReferenceForm>([
  ...[...COUNTED, ...SHAPED].flatMap(([form, ...names]) => names.map((name) => [name, form] as const)),
  ...OPAQUE.map((name) => [name, 'opaque'] as const),
  ...BARE.map((name) => [name, 0] as const),
]);

/** Names that say what they are by their end: mainline's bindings hold to it. */
const BY_NAME: readonly (readonly [RegExp, ReferenceForm])[] = [
  [/(^|-)gpios?$/, '#gpio-cells'],
  [/-supply$/, 0],
  [/^pinctrl-\d+$/, 0],
  [/-handle$/, 0],
  [/-phandle$/, 0],
];

/** What is found for a name, kept: a tree has few names, and each of its many properties asks. */
function remembered<Found>(find: (property: string) => Found): (property: string) => Found {
  const known = new Map<string, Found>();
  return (property) => {
    const found = known.get(property);
    if (found !== undefined || known.has(property)) return found as Found;
    // A tree made to hurt may have as many names as properties.
    if (known.size >= MOST_NAMES) known.clear();
    const fresh = find(property);
    known.set(property, fresh);
    return fresh;
  };
}
const MOST_NAMES = 4096;

/** How a property refers to other nodes; undefined where it refers to none that we know of. */
export const referenceForm: (property: string) => ReferenceForm | undefined = remembered(
  (property) => REFERENCES.get(property) ?? BY_NAME.find(([pattern]) => pattern.test(property))?.[1],
);

/**
 * Names that no binding uses for a phandle: numbers of cells, names, and what dt-schema's property-units gives a unit
 * (`-ms`, `-hz`, `-microvolt`).
 */
const PLAIN_BY_NAME =
  /^#|-names?$|-(bits|percent|bps|kBps|mhz|hz|sec|ms|us|ns|ps|mm|nanoamp|microamp(-hours)?|milliamp|ohms|micro-ohms|microwatt(-hours)?|milliwatt|microvolt|millivolt|picofarads|celsius|millicelsius|kelvin|kpascal|pascal|[kM]?B(ytes)?|cells|rates?|width|size|count|delay|timeout|threshold|index|mask)$|(^|,)num-/;

/** Whether a property is known to hold numbers that name no node, whatever they are. */
export const isPlain: (property: string) => boolean = remembered(
  (property) => PLAIN_PROPERTIES.has(property) || PLAIN_BY_NAME.test(property),
);
