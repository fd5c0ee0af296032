// SPDX-License-Identifier: Apache-2.0

/** Numbers of the BPMP ABI (kernel: include/soc/tegra/bpmp-abi.h) that the model knows. */
export const Mrq = {
  ping: 0,
  threadedPing: 9,
  reset: 20,
  clk: 22,
  queryAbi: 23,
  pg: 66,
  queryFwTag: 71,
  /** Ours, never reachable from a VM: physical state of one clock or reset line, for an emulated device. */
  lineState: 0x7fff0001,
  /** Ours: the machine behind this connection was reset; undo what the connection switched. */
  undo: 0x7fff0002,
} as const;

export const ClkCommand = {
  getRate: 1,
  setRate: 2,
  roundRate: 3,
  getParent: 4,
  setParent: 5,
  isEnabled: 6,
  enable: 7,
  disable: 8,
  getAllInfo: 14,
  getMaxClkId: 15,
  getFmaxAtVmin: 16,
} as const;

export const ResetCommand = { assert: 1, deassert: 2, module: 3, getMaxId: 4 } as const;

export const PgCommand = { queryAbi: 0, setState: 1, getState: 2, getName: 3, getMaxId: 4 } as const;

/** Bits of cmd_clk_get_all_info_response.flags. */
export const ClkFlag = { hasMux: 1, hasSetRate: 2, isRoot: 4 } as const;

/** Error codes of the firmware; they are not all Linux's. */
export const BpmpError = {
  /** No handler for this MRQ. */
  enohandler: 3,
  ebadcmd: 6,
  eacces: 13,
  enodev: 19,
  einval: 22,
} as const;

/** Bytes of payload each way (MSG_DATA_MIN_SZ). */
export const PAYLOAD_MAX = 120;
/** MRQ_CLK_MAX_PARENTS */
export const MAX_PARENTS = 16;
/** MRQ_CLK_NAME_MAXLEN and MRQ_PG_NAME_MAXLEN, with the final zero. */
export const NAME_BYTES = 40;
