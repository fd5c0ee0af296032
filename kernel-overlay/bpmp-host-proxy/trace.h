/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM bpmp_virt

#if !defined(BPMP_HOST_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define BPMP_HOST_TRACE_H

#include <linux/tracepoint.h>

#include "policy.h"

/* What the policy says, before anything is done. */
TRACE_EVENT(bpmp_decision,
	    TP_PROTO(const char *name, const struct bpmp_decision *d),
	    TP_ARGS(name, d),
	    TP_STRUCT__entry(__string(name, name)
			     __field(u32, mrq)
			     __field(u32, cmd)
			     __field(u32, id)
			     __field(u32, verdict)),
	    TP_fast_assign(compat_assign_name();
			   __entry->mrq = d->mrq;
			   __entry->cmd = d->cmd;
			   __entry->id = d->id;
			   __entry->verdict = d->verdict;),
	    TP_printk("%s mrq=%u cmd=%u id=%u %s", __get_str(name),
		      __entry->mrq, __entry->cmd, __entry->id,
		      __print_symbolic(__entry->verdict,
				       { BPMP_REFUSE, "refuse" },
				       { BPMP_ANSWER, "answer" },
				       { BPMP_FORWARD, "forward" },
				       { BPMP_CHANGE, "change" }))
);

/* What the virtual machine gets, and how long that took. */
TRACE_EVENT(bpmp_answer,
	    TP_PROTO(const char *name, const struct bpmp_decision *d, u64 ns),
	    TP_ARGS(name, d, ns),
	    TP_STRUCT__entry(__string(name, name)
			     __field(u32, mrq)
			     __field(u32, cmd)
			     __field(u32, id)
			     __field(s32, status)
			     __field(s32, ret)
			     __field(u32, rx_size)
			     __field(u64, ns)),
	    TP_fast_assign(compat_assign_name();
			   __entry->mrq = d->mrq;
			   __entry->cmd = d->cmd;
			   __entry->id = d->id;
			   __entry->status = d->answer.status;
			   __entry->ret = d->answer.ret;
			   __entry->rx_size = d->answer.rx_size;
			   __entry->ns = ns;),
	    TP_printk("%s mrq=%u cmd=%u id=%u status=%d ret=%d rx_size=%u ns=%llu",
		      __get_str(name), __entry->mrq, __entry->cmd,
		      __entry->id, __entry->status, __entry->ret,
		      __entry->rx_size, __entry->ns)
);

/* A step of putting back what a virtual machine did. */
TRACE_EVENT(bpmp_undo,
	    TP_PROTO(const char *name, const struct bpmp_op *op, int err),
	    TP_ARGS(name, op, err),
	    TP_STRUCT__entry(__string(name, name)
			     __field(u32, kind)
			     __field(u32, id)
			     __field(s64, value)
			     __field(int, err)),
	    TP_fast_assign(compat_assign_name();
			   __entry->kind = op->kind;
			   __entry->id = op->id;
			   __entry->value = op->value;
			   __entry->err = err;),
	    TP_printk("%s %s id=%u value=%lld err=%d", __get_str(name),
		      __print_symbolic(__entry->kind,
				       { BPMP_OP_CLK_DISABLE, "disable" },
				       { BPMP_OP_CLK_SET_RATE, "set_rate" },
				       { BPMP_OP_CLK_SET_PARENT, "set_parent" },
				       { BPMP_OP_RESET_ASSERT, "assert" },
				       { BPMP_OP_PG_OFF, "power_off" }),
		      __entry->id, __entry->value, __entry->err)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
