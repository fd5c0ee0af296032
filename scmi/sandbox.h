/*
 * What is left to the program once it reads what a guest wrote
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef SCMI_SANDBOX_H
#define SCMI_SANDBOX_H

/**
 * sandbox: no files, no programs, no privileges, few system calls
 *
 * For all threads of the program. Returns 0, or -1 with errno.
 */
int sandbox(void);

#endif /* SCMI_SANDBOX_H */
