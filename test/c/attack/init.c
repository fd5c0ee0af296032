// SPDX-License-Identifier: Apache-2.0
/* /init of the host under test: run all, say TAP, switch off. */
#include "attack.h"
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("none", "/proc", "proc", 0, NULL);
	mount("none", "/sys", "sysfs", 0, NULL);
	mount("none", "/dev", "devtmpfs", 0, NULL);
	mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
	if (!freopen("/dev/console", "w", stdout))
		return 1;

	test_bring_up(access("/bpmp-host-proxy.ko", F_OK) == 0);
	test_shapes();
	test_policy();
	test_sharing();
	test_undo();
	test_limits();
	test_lost_answers();
	finish();

	sync();
	reboot(RB_POWER_OFF);
	pause();
}
