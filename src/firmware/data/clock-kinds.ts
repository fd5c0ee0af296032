// SPDX-License-Identifier: Apache-2.0

/**
 * What the comments of the kernel's tegra234-clock.h say of each clock: the hardware that gives it, and the names.
 * Generated: `npm run generate -- --kernel TREE`.
 */
export const CLOCK_KINDS = {
  divider: `
clk_m eqos_axi eqos_ptp_ref eqos_tx mphy_core_pll_fixed mphy_tx_1mhz_ref nvdisplay_p0 nvdisplay_p1
dsc plla_out0 pre_sor0_ref pre_sor1_ref sor0_div qspi0_pm qspi1_pm pllp_out_jtag pllc4_out1
pllc4_out2 pllc4_vco_div2 utmipll_clkout48 utmipll_clkout480 tsc_ref emcsa_emc emcsb_emc emcsc_emc
emcsd_emc pllp_div17 mphy_l0_tx_ls_symb_div mphy_l0_tx_hs_symb_div mphy_l0_tx_ls_3xbit_div
mphy_l0_rx_ls_symb_div mphy_l0_rx_hs_symb_div mphy_l0_rx_ls_bit_div mgbe0_tx mgbe0_tx_pcs
mgbe0_mac_divider mgbe0_ptp_ref mgbe1_tx mgbe1_tx_pcs mgbe1_mac_divider mgbe1_ptp_ref mgbe2_tx
mgbe2_tx_pcs mgbe2_mac_divider mgbe2_ptp_ref mgbe3_tx mgbe3_tx_pcs mgbe3_mac_divider mgbe3_ptp_ref
eqos_tx_divider aza_bit mchub emcsa_mc emcsb_mc emcsc_mc emcsd_mc`,
  gate: `
adsp adspneon apb2ape can1_host can2_host dpaux eqos_rx fuse gpc0clk gpu_pwr xusb_hs_hsicp
eqos_rx_m mipi_cal mphy_l0_rx_ana mphy_l0_rx_ls_bit mphy_l0_rx_symb mphy_l0_tx_ls_3xbit
mphy_l0_tx_symb mphy_l1_rx_ana pllp_out0 rce_cpu_nic uphy_pll3 sor_safe mphy_force_ls_mode
pex1_c6_core usb2_trk pex2_c7_core pex2_c8_core pex2_c9_core dla0_falcon dla0_core dla1_falcon
dla1_core pex2_c10_core fuse_serial sdmmc4_axicif pex0_c0_core pex0_c1_core pex0_c2_core
pex0_c3_core pex0_c4_core pex1_c5_core pex0_c0_core_m pex0_c1_core_m pex0_c2_core_m pex0_c3_core_m
pex0_c4_core_m pex1_c5_core_m pex1_c6_core_m gpc1clk pex2_c7_core_m pex2_c8_core_m pex2_c9_core_m
pex2_c10_core_m xusb_core_dev xusb_core_host xusb_core_ss xusb_falcon_host xusb_falcon_ss
xusb_fs_host xusb_fs_dev xusb_ss_dev xusb_ss_superspeed pllnvhs_hps gpusys bpmp_cpu fuse_burn
pllgbe_hps plle_hps pllrefe_vcoout_gated mphy_l0_rx_ana_m mphy_l1_rx_ana_m mphy_l0_tx_pre_symb
mphy_l0_tx_2x_symb mphy_l0_tx_symb_m mphy_l0_rx_symb_m mgbe0_rx_input_m mgbe1_rx_input_m
mgbe2_rx_input_m mgbe3_rx_input_m mgbe0_rx_pcs_m mgbe1_rx_pcs_m mgbe2_rx_pcs_m mgbe3_rx_pcs_m
uphy_gbe_pll2_tx_ref uphy_gbe_pll2_xdig mgbe0_mac mgbe0_macsec mgbe0_eee_pcs mgbe0_app mgbe1_mac
mgbe1_macsec mgbe1_eee_pcs mgbe1_app mgbe2_mac mgbe2_macsec mgbe2_eee_pcs mgbe2_app mgbe3_mac
mgbe3_macsec mgbe3_eee_pcs mgbe3_app eqos_macsec_rx eqos_macsec_tx i2s7_pad_m i2s8_pad_m sce_cpu
rce_cpu dce_cpu dsipll_clkoutpn dsipll_clkouta sppll0_clkoutpn sppll0_clkouta sppll0_clkoutb
sppll0_div10 sppll0_div25 sppll0_div27pn sppll1_clkoutpn sppll1_div27pn vpll0_ref rg0 rg1
dp_link_ref sor_linka_afifo sor_linka_afifo_m rg0_m rg1_m sor0_m sor1_m`,
  input: `
eqos_rx_input i2s1_sync_input i2s2_sync_input i2s3_sync_input i2s4_sync_input i2s5_sync_input
i2s6_sync_input osc sor_pad_input dsi_pad_input mgbe0_rx_input mgbe1_rx_input mgbe2_rx_input
mgbe3_rx_input clk_32k mgbe0_rx_pcs_input mgbe1_rx_pcs_input mgbe2_rx_pcs_input mgbe3_rx_pcs_input
i2s7_sync_input i2s8_sync_input sor_linka_input`,
  mux: `
actmon ahub ape aud_mclk axi_cbb can1 can2 dmic1 dmic2 dmic3 dmic4 nvjpg1 aclk mss_encrypt aon_apb
aon_nic aon_cpu_nic dspk1 dspk2 emc extperiph1 extperiph2 extperiph3 extperiph4 host1x i2c1 i2c2
i2c3 i2c4 i2c6 i2c7 i2c8 i2c9 i2s1 i2s2 i2s3 i2s4 i2s5 i2s6 isp maud nvcsi nvcsilp nvdec hub disp
nvenc nvjpg aon_touch pwm1 pwm2 pwm3 pwm4 pwm5 pwm6 pwm7 pwm8 rce_nic aon_i2c_slow sce_cpu_nic
sce_nic sdmmc1 sdmmc4 se sor0_pll_ref sor0_ref sor1_pll_ref sor1_ref dmic5 spi1 spi2 spi3 i2c_slow
sync_dmic1 sync_dmic2 sync_dmic3 sync_dmic4 sync_dspk1 sync_dspk2 sync_i2s1 sync_i2s2 sync_i2s3
sync_i2s4 sync_i2s5 sync_i2s6 tach0 tsec tsec_pka uarta uartb uartc uartd uarte uartf
uart_fst_mipi_cal ufsdev_ref ufshc vi vic csite ist jtag_intfc_pre_cg sor0 sor1 pre_sf0 sf0 sf1
uarti uartj uarth qspi0_2x_pm qspi1_2x_pm vi_const dbgapb la sdmmc_legacy_tm pllc4_muxed
pex_sata_usb_rx_byp pex_usb_pad_pll0_mgmt pex_usb_pad_pll1_mgmt pex_usb_pad_pll2_mgmt
pex_usb_pad_pll3_mgmt nvhs_rx_byp_ref nvhs_pll0_mgmt xusb_core_mux xusb_falcon xusb_fs xusb_ss
can1_core can2_core plla1_out1 pva0_cpu_axi pva0_vps aon_uart_fst_mipi_cal i2c5 fr_se bpmp_cpu_nic
tsc emcsa_mpll emcsb_mpll emcsc_mpll emcsd_mpll soc_therm tsense fr_seu1 ofa seu1 spi4 spi5
dce_cpu_nic dce_nic mphy_l0_tx_mux_symb_div mphy_l0_rx_mux_symb_div tach1 mgbes_app mgbe0_rx_pcs
mgbe1_rx_pcs mgbe2_rx_pcs mgbe3_rx_pcs gbe_rx_byp_ref gbe_pll0_mgmt gbe_pll1_mgmt gbe_pll2_mgmt
nvhs_pll1_mgmt emchub sync_i2s7 i2s7 sync_i2s8 i2s8 nvdisplay_p0_ref dsi_lp aza_2xbit dsi_core
dsi_pixel pre_sor0 pre_sor1`,
  pll: `
plla1 plla pllaon plle pllp utmip_pll nafll_bpmp nafll_sce nafll_nvdec nafll_nvjpg nafll_tsec
nafll_vi nafll_se nafll_nvenc nafll_isp nafll_vic nafll_axicbb nafll_nvjpg1 nafll_pva0_core
nafll_pva0_vps nafll_rce pllc4 pllnvhs nafll_cluster0_core nafll_cluster1_core nafll_cluster2_core
pllrefe_vcoout pllnvcsi nafll_dla0_core nafll_dla0_falcon nafll_dla1_core nafll_dla1_falcon pllc
pllc2 pllgbe nafll_ofa nafll_seu1 nafll_dce nafll_gpc0 nafll_gpc1 nafll_gpusys nafll_cluster0_dsu
nafll_cluster1_dsu nafll_cluster2_dsu dsipll_vco sppll0_vco sppll1_vco vpll0 vpll1 disppll
disphubpll pllhub`,
};
