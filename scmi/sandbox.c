/*
 * What is left to the program
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/bpmp-host.h"

#include "sandbox.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
/* Calls of the x32 ABI have this bit and the same architecture. */
#define ODD_CALLS 0x40000000
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define ODD_CALLS 0xffffffff
#else
#error "no list of system calls for this architecture"
#endif

static const uint16_t calls[] = {
    /* QEMU's socket, rings' events, the firmware model, messages */
    SYS_read, SYS_write, SYS_writev, SYS_recvfrom, SYS_recvmsg, SYS_sendto,
    SYS_sendmsg, SYS_close, SYS_ppoll, SYS_fstat, SYS_newfstatat, SYS_fstatfs,
    /* Memory of the guest, and of threads' heaps */
    SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk,
    /* Threads that wait for each other */
    SYS_futex, SYS_clock_gettime, SYS_restart_syscall, SYS_sched_yield,
    /* The end, also that of abort() and assert() */
    SYS_exit, SYS_exit_group, SYS_rt_sigprocmask, SYS_rt_sigaction,
    SYS_rt_sigreturn, SYS_getpid, SYS_gettid, SYS_tgkill,
#ifdef SYS_poll
    SYS_poll,
#endif
};

#define LOAD(field) \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
/* The low half of an argument: both architectures are little-endian. */
#define ARGUMENT(n) LOAD(args[n])

/* Jumps count instructions; these are the ones before the list of calls. */
static const struct sock_filter head[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ODD_CALLS, 0, 1),
    RETURN(SECCOMP_RET_KILL_PROCESS),

    /* Memory that can be executed: never */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 4),
    ARGUMENT(2),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
    RETURN(SECCOMP_RET_ALLOW),
    RETURN(SECCOMP_RET_KILL_PROCESS),

    /* Of the host proxy: ask and undo */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 5),
    ARGUMENT(1),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BPMP_HOST_TRANSFER, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BPMP_HOST_RESET, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    RETURN(SECCOMP_RET_ALLOW),
};

#define N_HEAD (sizeof(head) / sizeof(head[0]))
#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

static int filter(void)
{
    struct sock_filter code[N_HEAD + 2 * N_CALLS + 1];
    struct sock_fprog program = {
        .len = sizeof(code) / sizeof(code[0]),
        .filter = code,
    };
    unsigned at = N_HEAD;

    memcpy(code, head, sizeof(head));
    for (unsigned i = 0; i < N_CALLS; i++) {
        code[at++] = (struct sock_filter)
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], 0, 1);
        code[at++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
    }
    code[at] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                   SECCOMP_FILTER_FLAG_TSYNC, &program) ? -1 : 0;
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct version = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    struct __user_cap_data_struct none[2] = {};

    return syscall(SYS_capset, &version, none) ? -1 : 0;
}

int sandbox(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || drop_capabilities()) {
        return -1;
    }
    return filter();
}
