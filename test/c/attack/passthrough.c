// SPDX-License-Identifier: Apache-2.0
/* Devices that are for machines are not for the host's drivers. */
#include "attack.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES	"/sys/bus/platform/devices/"
#define PASSED	DEVICES "fake-passed/"
#define OWN	DEVICES "fake-own/"
#define PCIE	DEVICES "4010000000.pcie/"
#define PCIE_DRIVER	"/sys/bus/platform/drivers/pci-host-generic"

static bool override_is(const char *path, const char *name)
{
	char *text = slurp(path);
	bool is = !strncmp(text, name, strlen(name)) &&
		  text[strlen(name)] == '\n';

	free(text);

	return is;
}

/* What the host proxy finds bound when it comes is not taken from its driver. */
static void bound_before(void)
{
	/* Debug kernels are without PCI. */
	bool was_first = as_module && access(PCIE_DRIVER, F_OK) == 0;

	if (was_first) {
		ok(access(PCIE "driver", F_OK) == 0 &&
		   override_is(PCIE "driver_override", "(null)"),
		   "passthrough: a driver that was first keeps its device");
		ok(log_lines("unbind pci-host-generic to pass it through") == 1,
		   "passthrough: and the log says who has it");
	} else {
		ok(access(PCIE "driver", F_OK) != 0 &&
		   override_is(PCIE "driver_override", "vfio-platform"),
		   "passthrough: the proxy is before any driver");
	}
}

void test_passthrough(void)
{
	ok(wait_for(OWN "driver", true) &&
	   override_is(OWN "driver_override", "(null)"),
	   "passthrough: a device that only a disabled node names has its driver");
	/* Of the same driver, which by now has looked at both. */
	ok(access(PASSED, F_OK) == 0 && access(PASSED "driver", F_OK) != 0,
	   "passthrough: a device that a node names has none of the host's");
	ok(override_is(PASSED "driver_override", "vfio-platform"),
	   "passthrough: only vfio-platform may bind to it");
	ok(log_lines("cannot read passthrough-devices") == 1,
	   "passthrough: a list of 3 bytes is said to be none");
	bound_before();
}
