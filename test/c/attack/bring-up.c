// SPDX-License-Identifier: Apache-2.0
/* Probe order, nodes of every kind, permissions: H19 to H22, H25. */
#include "attack.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;

	close(fd);

	return err;
}

static void probe_order(void)
{
	if (as_module)
		ok(load("/bpmp-host-proxy.ko") == 0,
		   "H22 the module loads into %s kernel",
		   unpatched ? "an unpatched" : "its own");
	ok(access(NODE_A, F_OK) != 0, "H21 no device before there is a BPMP");
	ok(load("/fake-bpmp.ko") == 0, "the fake BPMP loads");
	ok(wait_for(NODE_A, true), "H21 the probe was deferred and then done");
	ok(wait_for(NODE_C, true), "H21 a node that names no BPMP finds it");
	ok(wait_for(NODE_A, true) && wait_for(NODE_B, true) &&
	   wait_for(NODE_NONE, true) && wait_for(NODE_MANY, true) &&
	   wait_for_log("only letters, digits") &&
	   wait_for_log("is there already"),
	   "H20 every node was looked at");
	/* It waits for the BPMP, too, and may come last. */
	ok(wait_for(RESET_USER "fake-reset-user", true),
	   "the host's device with a reset has its driver");
	host_driver(false);
	ok(access("/dev/bpmp-host-wrong", F_OK) != 0 &&
	   log_lines("nvidia,bpmp does not name a BPMP") > 0,
	   "H21 what a node names is taken for a BPMP only where it is one");
}

static void lists(void)
{
	struct bpmp_host_info info = { .argsz = sizeof(info) };
	int fd;

	ok(access(NODE_MANY, F_OK) == 0, "H20 a list of 257 ids is read");
	fd = dev_open(NODE_MANY);
	ok(!ioctl(fd, BPMP_HOST_INFO, &info) && info.own_clocks == 2,
	   "H20 what the firmware does not know is left out (%u own)",
	   info.own_clocks);
	ok(log_lines("220: the firmware has no such clock") == 1,
	   "H20 and that is said");
	ok(clk(fd, ENABLE, 476) == 0, "H20 its last entry counts");
	close(fd);

	ok(access("/dev/bpmp-host-bad", F_OK) != 0,
	   "H20 a list of 3 bytes makes no device");
	ok(access("/dev/bpmp-host-range", F_OK) != 0,
	   "H20 an id out of range makes no device");
	ok(access("/dev/bpmp-host-twice", F_OK) != 0,
	   "H20 an id listed twice makes no device");
	ok(access("/dev/bpmp-host-../x", F_OK) != 0 &&
	   access("/dev/x", F_OK) != 0,
	   "a label that is not a file name makes no device");
	ok(log_lines("/dev/bpmp-host-a is there already") == 1,
	   "a second node of the same label is refused, and says so");
}

static void nothing_allowed(void)
{
	int fd = dev_open(NODE_NONE);
	uint32_t id;
	int let = 0;

	fake("clear");
	for (id = 0; id < 480; id++) {
		let += clk(fd, ENABLE, id) == 0;
		let += clk_value(fd, SET_RATE, id, 1000) == 0;
		let += reset(fd, ASSERT, id) == 0;
		let += pg_set(fd, id, 1) == 0;
	}
	ok(let == 0, "H25 a node without lists allows nothing (%d)", let);
	ok(strncmp(fake_transcript(), "count 0\n", 8) == 0,
	   "H25 and nothing of it reached the firmware");
	close(fd);
}

static int as_another_user(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setgid(1000) || setuid(1000))
			_exit(99);
		_exit(-dev_open(NODE_A));
	}
	waitpid(pid, &status, 0);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void permissions(void)
{
	struct stat st = {};
	int fd, second;

	stat(NODE_A, &st);
	ok(S_ISCHR(st.st_mode) && (st.st_mode & 07777) == 0600 && !st.st_uid,
	   "H19 mode 0600 of root (%o)", st.st_mode & 07777);
	ok(as_another_user() == EACCES, "H19 another user cannot open it");

	fd = dev_open(NODE_A);
	second = dev_open(NODE_A);
	ok(fd >= 0 && second == -EBUSY, "H17 a second open is refused");
	close(fd);
	fd = dev_open(NODE_A);
	ok(fd >= 0, "after a close it opens again");
	close(fd);
}

static void bind_loop(void)
{
	int i, bad = 0;

	for (i = 0; i < 50; i++) {
		bad += rebind("proxy-b", false) != 0;
		bad += !wait_for(NODE_B, false);
		bad += rebind("proxy-b", true) != 0;
		bad += !wait_for(NODE_B, true);
	}
	ok(bad == 0, "H22 unbind and bind, 50 times");
}

void test_bring_up(void)
{
	probe_order();
	lists();
	nothing_allowed();
	permissions();
	bind_loop();
}
