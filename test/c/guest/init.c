// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process 1 of a guest that run.sh boots: loads guest-test.ko, freezes and
 * wakes up, looks around, and switches the machine off. Lines of TAP.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n = -1;

	if (fd >= 0) {
		n = write(fd, text, strlen(text));
		close(fd);
	}

	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/*
 * Through the kernel's log: what a program writes to the console itself, the
 * kernel's own lines cut in two.
 */
static void say(const char *verdict, const char *what)
{
	char record[128];

	snprintf(record, sizeof(record), "<6>TAP %s%s", verdict, what);
	put("/dev/kmsg", record);
}

static void report(int ok, const char *what)
{
	say(ok ? "ok " : "not ok ", what);
}

static int load(void)
{
	int fd = open("/guest-test.ko", O_RDONLY);
	int err = (int)syscall(SYS_finit_module, fd, "", 0);

	close(fd);

	return err;
}

/* G4: no channel is there that a resume could reset. */
static void freeze(void)
{
	time_t before = time(NULL);

	if (put("/sys/class/rtc/rtc0/wakealarm", "+4")) {
		/* Without it nothing would ever wake the machine. */
		report(0, "G4 alarm set");
		return;
	}
	report(!put("/sys/power/state", "freeze"), "G4 frozen and back");
	report(time(NULL) - before >= 2, "G4 it did sleep");
	syscall(SYS_delete_module, "guest_test", 0);
	report(!load(), "G4 transfers after resume");
}

int main(int argc, char **argv)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);

	/* The argument is a word of the kernel's command line. */
	if (argc > 1 && !strcmp(argv[1], "failing")) {
		report(load(), "G11 no BPMP after a failed probe");
	} else {
		report(!load(), "G0 module loads");
		freeze();
		report(access("/dev/bpmp-guest", F_OK), "G8 no node for user space");
		report(access("/sys/bus/platform/drivers/tegra-bpmp/unbind", F_OK),
		       "G9 nobody can unbind the driver under its users");
	}
	/* A log that has no end proves nothing. */
	say("done", "");
	sync();
	reboot(RB_POWER_OFF);

	return 1;
}
