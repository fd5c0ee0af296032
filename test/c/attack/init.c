// SPDX-License-Identifier: Apache-2.0
/* /init of the host under test: run all, or the families named, say TAP, switch off. */
#include "attack.h"
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool as_module, unpatched;

static const struct {
	const char *name;
	void (*run)(void);
} families[] = {
	{ "shapes", test_shapes },
	{ "policy", test_policy },
	/* Before the host uses what the boot loader left on: that ends it. */
	{ "undo", test_undo },
	{ "matrix", test_matrix },
	{ "between", test_between },
	{ "sharing", test_sharing },
	{ "limits", test_limits },
	{ "storm", test_storm },
	/* Leaves the BPMP with one channel. */
	{ "lost-answers", test_lost_answers },
};

static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;

	return argc < 2;
}

int main(int argc, char **argv)
{
	unsigned int i;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("none", "/proc", "proc", 0, NULL);
	mount("none", "/sys", "sysfs", 0, NULL);
	mount("none", "/dev", "devtmpfs", 0, NULL);
	mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);

	as_module = access("/bpmp-host-proxy.ko", F_OK) == 0;
	unpatched = access("/unpatched", F_OK) == 0;
	test_bring_up();
	test_passthrough();
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		time_t from = time(NULL);

		if (!wanted(families[i].name, argc, argv))
			continue;
		families[i].run();
		say("# %s: %ld s", families[i].name,
		    (long)(time(NULL) - from));
	}
	test_kmemleak();
	finish();

	sync();
	reboot(RB_POWER_OFF);
	pause();
}
