// SPDX-License-Identifier: Apache-2.0

/** How a USB serial adapter is connected to UART1 of the 40-pin header, and how to listen. */
export const WIRING = `To see what the virtual machine sends, connect a 3.3 V USB serial adapter to the 40-pin header:

  pin of the board    adapter
  6  (GND)            GND
  8  (UART1_TX)       RX
  10 (UART1_RX)       TX

and listen on the machine that has the adapter:

  picocom -b 9600 /dev/ttyUSB0

In the virtual machine: echo 123 > /dev/ttyTHS0`;
