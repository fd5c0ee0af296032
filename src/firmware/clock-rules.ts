// SPDX-License-Identifier: Apache-2.0

/**
 * Who can feed whom. NVIDIA publishes ids, names and one line about each clock, not the parent lists; these are
 * plausible ones: sources that the line, the name or the block's function suggest. First match wins, `$1` is
 * the rule's first group, names that do not exist (`nafll_…` of a block without one) drop out. A clock without
 * any parent is a root.
 */
export const PARENT_RULES: readonly (readonly [name: RegExp, parents: string])[] = [
  [/^(osc|clk_32k|\w+_input)$/, ''],
  [/^clk_m$/, 'osc'],
  [/^(\w+)_hps$/, '$1'],
  [/^(i2s\d)_pad_m$/, '$1'],
  [/^(\w+)_m$/, '$1'],

  // PLLs and what is derived from them
  [/^pllp_(out0|out_jtag)$/, 'pllp'],
  [/^pllp_div17$/, 'pllp_out0'],
  [/^plla_out0$/, 'plla'],
  [/^plla1_out1$/, 'plla1'],
  [/^pllc4_muxed$/, 'pllc4_vco_div2 pllc4_out1 pllc4_out2 pllc4'],
  [/^pllc4_\w+$/, 'pllc4'],
  [/^utmipll_clkout\d+$/, 'utmip_pll'],
  [/^pllrefe_vcoout_gated$/, 'pllrefe_vcoout'],
  [/^(sppll\d|dsipll)_(clk|div)\w+$/, '$1_vco'],
  [/^(pll\w+|utmip_pll|nafll_\w+|\w*pll\d?(_vco)?)$/, 'osc'],

  // buses and the processors beside the CPUs
  [/^axi_cbb$/, 'nafll_axicbb pllp_out0 clk_m'],
  [/^(aon|bpmp|sce|rce|dce)_cpu_nic$/, 'nafll_$1 pllaon pllp_out0 clk_m'],
  [/^(aon|bpmp|sce|rce|dce)_(nic|cpu)$/, '$1_cpu_nic'],
  [/^aon_\w+$/, 'pllaon osc clk_32k'],
  [/^can\d$/, 'pllaon osc'],
  [/^(can\d)_(host|core)$/, '$1'],
  [/^tsc$/, 'osc pllp_out0'],
  [/^tsc_ref$/, 'tsc'],
  [/^fuse$/, 'clk_m'],
  [/^fuse_\w+$/, 'fuse'],

  // memory
  [/^mchub$/, 'pllhub'],
  [/^(emcs[abcd])_(emc|mc)$/, '$1_mpll'],
  [/^(emc\w*)$/, 'pllhub pllp_out0 osc'],

  // audio
  [
    /^sync_\w+$/,
    'plla_out0 plla1_out1 i2s1_sync_input i2s2_sync_input i2s3_sync_input i2s4_sync_input i2s5_sync_input i2s6_sync_input i2s7_sync_input i2s8_sync_input clk_m',
  ],
  [/^(i2s\d|dmic\d|dspk\d)$/, 'plla_out0 plla1_out1 sync_$1 clk_m'],
  [/^(aud_mclk|maud|ape|ahub|aza_2xbit)$/, 'plla_out0 plla1_out1 pllp_out0 clk_m'],
  [/^aclk$/, 'plla1_out1 pllp_out0 clk_m'],
  [/^adsp(neon)?$/, 'aclk'],
  [/^apb2ape$/, 'ape'],
  [/^aza_bit$/, 'aza_2xbit'],

  // links
  [/^pex\d_c\d+_core$/, 'plle'],
  [/^(mgbe\d)_rx_pcs$/, '$1_rx_pcs_input pllgbe'],
  [/^(mgbe\d)_mac$/, '$1_mac_divider'],
  [/^(mgbe\d)_macsec$/, '$1_mac'],
  [/^(mgbe\d)_eee_pcs$/, '$1_tx_pcs'],
  [/^mgbe\d_app$/, 'mgbes_app'],
  [/^(mgbe\d|uphy_gbe)_\w+$/, 'pllgbe'],
  [/^gbe_\w+$/, 'pllgbe osc'],
  [/^(nvhs)_\w+$/, 'pllnvhs osc'],
  [/^eqos_(rx|macsec_rx)$/, 'eqos_rx_input'],
  [/^eqos_(tx|macsec_tx)$/, 'eqos_tx_divider'],
  [/^eqos_\w+$/, 'pllrefe_vcoout'],
  [/^xusb_core_mux$/, 'pllp_out0 utmipll_clkout480 osc'],
  [/^xusb_core_\w+$/, 'xusb_core_mux'],
  [/^(xusb_(?:falcon|fs|ss))_\w+$/, '$1'],
  [/^xusb_fs$/, 'utmipll_clkout48 clk_32k osc'],
  [/^xusb_\w+$/, 'utmipll_clkout480 pllp_out0 osc'],
  [/^usb2_trk$/, 'osc'],
  [/^mphy_(core_pll_fixed|tx_1mhz_ref)$/, 'pllrefe_vcoout_gated'],
  [/^(mphy_l0_[rt]x)_mux_symb_div$/, '$1_ls_symb_div $1_hs_symb_div'],
  [/^mphy_l0_tx_symb$/, 'mphy_l0_tx_pre_symb'],
  [/^(mphy_l0_[rt]x)_(\w+_)?symb$/, '$1_mux_symb_div'],
  [/^(mphy_l0_[rt]x_ls_\w*bit)$/, '$1_div'],
  [/^mphy_\w+$/, 'mphy_core_pll_fixed'],

  // display
  [/^nvdisplay_p0_ref$/, 'disppll sppll0_clkoutpn'],
  [/^nvdisplay_p\d$/, 'nvdisplay_p0_ref'],
  [/^rg(\d)$/, 'nvdisplay_p$1'],
  [/^hub$/, 'disphubpll pllp_out0 clk_m'],
  [/^disp$/, 'disppll pllp_out0 osc'],
  [/^dsc$/, 'disp'],
  [/^sor_safe$/, 'pllp_div17'],
  [/^sor(\d)_pll_ref$/, 'vpll0 vpll1'],
  [/^pre_(sor\d)_ref$/, '$1_pll_ref'],
  [/^(sor\d)_ref$/, 'pre_$1_ref sor_safe'],
  [/^pre_(sor\d)$/, '$1_ref sor_linka_input'],
  [/^sor0_div$/, 'pre_sor0'],
  [/^sor(\d)$/, 'sor$1_div pre_sor$1 sor_safe'],
  [/^pre_sf0$/, 'rg0 dsi_pixel'],
  [/^sf0$/, 'pre_sf0 sor_safe'],
  [/^sf1$/, 'rg1 sor_safe'],
  [/^dsi_core$/, 'dsipll_clkouta osc'],
  [/^dsi_pixel$/, 'dsi_core dsi_pad_input'],
  [/^sor_linka_\w+$/, 'sor_linka_input'],
  [/^dp_link_ref$/, 'plle'],
  [/^vpll0_ref$/, 'osc'],

  // engines and peripherals
  [/^gpc(\d)clk$/, 'nafll_gpc$1'],
  [/^gpusys$/, 'nafll_gpusys'],
  [/^(dla\d_(?:core|falcon))$/, 'nafll_$1'],
  [/^pva0_cpu_axi$/, 'nafll_pva0_core pllp_out0 clk_m'],
  [/^fr_(\w+)$/, 'nafll_$1 pllp_out0 clk_m'],
  [/^nvcsi\w*$/, 'pllnvcsi pllp_out0 clk_m'],
  [/^(qspi\d)_pm$/, '$1_2x_pm'],
  [/^sdmmc4_axicif$/, 'axi_cbb'],
  [/^sdmmc\w+$/, 'pllc4_muxed pllp_out0 clk_m'],
  [/^uart\w+$/, 'pllp_out0 clk_m osc'],
  [/^(\w+)$/, 'nafll_$1 pllp_out0 pllc4_muxed pllc clk_m osc'],
];

/** Rates in Hz of clocks that do not divide a parent's rate, and whether software may not change them. Others run at DEFAULT_PLL_RATE. */
export const SOURCE_RATES: readonly (readonly [name: RegExp, rate: number, fixed: boolean])[] = [
  [/^osc$/, 38_400_000, true],
  [/^clk_32k$/, 32_768, true],
  [/^(i2s\d_sync|sor_pad|dsi_pad)_input$/, 24_576_000, true],
  [/^sor_linka_input$/, 270_000_000, true],
  [/^eqos_rx_input$/, 125_000_000, true],
  [/^mgbe\d_\w+$/, 312_500_000, true],
  [/^pllp$/, 816_000_000, true],
  [/^plle$/, 100_000_000, true],
  [/^utmip_pll$/, 960_000_000, true],
  [/^plla$/, 368_640_000, false],
  [/^plla1$/, 600_000_000, false],
  [/^pllc4$/, 998_400_000, false],
  [/^pllhub$/, 1_600_000_000, false],
  [/^pllrefe_vcoout$/, 625_000_000, false],
  [/^(vpll\d|disppll|disphubpll)$/, 594_000_000, false],
  [/^nafll_\w+$/, 1_036_800_000, false],
];
export const DEFAULT_PLL_RATE = 600_000_000;

/** Dividers that hardware fixes, where the header's text or the name says the ratio. */
export const FIXED_RATIOS: readonly (readonly [name: RegExp, ratio: number])[] = [
  [/^clk_m$/, 2],
  [/^pllp_out0$/, 2],
  [/^pllp_div17$/, 17],
  [/^pllc4_out1$/, 3],
  [/^pllc4_out2$/, 5],
  [/^pllc4_vco_div2$/, 2],
  [/^utmipll_clkout480$/, 2],
  [/^utmipll_clkout48$/, 20],
  [/^dsc$/, 3],
  [/^aza_bit$/, 2],
  [/^(mchub|qspi\d_pm)$/, 2],
  [/^emcs[abcd]_emc$/, 4],
  [/^sppll0_div10$/, 10],
  [/^sppll0_div25$/, 25],
  [/^sppll\d_div27pn$/, 27],
];

/**
 * Clocks that the boot chain leaves enabled for the CPUs: a Linux that does not use one switches it off at the
 * end of its boot, as on a real Orin.
 */
export const LEFT_ON =
  /^(axi_cbb|emc|emchub|mchub|pllp|pllp_out0|pllc4|pllc4_muxed|clk_m|osc|clk_32k|plle|utmip_pll|fuse|tsc|tsc_ref|host1x|hub|disp|nvdisplay_p0|sor_safe|sdmmc4|sdmmc4_axicif|sdmmc_legacy_tm|qspi0_2x_pm|qspi0_pm|uartc|i2c4|i2c_slow|se|pwm1|nafll_cluster\d_(core|dsu)|nafll_dsu\d|xusb_core_mux|xusb_core_host|xusb_falcon|usb2_trk|pex1_c5_core|mgbe0_app)$/;

/** Clocks that the firmware itself holds, whatever anybody asks. */
export const HELD_BY_FIRMWARE =
  /^(osc|clk_32k|clk_m|pllp|pllp_out0|pllhub|emc|emcs[abcd]_\w+|mchub|emchub|axi_cbb|bpmp_cpu|bpmp_cpu_nic|nafll_bpmp|tsc|fuse)$/;

/** Reset lines that the boot chain leaves released; all others start asserted. */
export const RELEASED_AT_BOOT =
  /^(sdmmc4|qspi0|uartc|i2c4|i2c_slow|nvdisplay|xusb_padctl|pex_usb_uphy\w*|pex1_core_5\w*|pex1_common_apb|gpcdma|hwpm|actmon)$/;

/** Power domains that are on after boot. */
export const POWERED_AT_BOOT = /^(disp|xusba|xusbc|pciex4a|mgbea)$/;
