/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of amp_rpmsg: amp:rpmsg_send, amp:rpmsg_recv and amp:rpmsg_kick
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM amp

#if !defined(AMP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define AMP_TRACE_H

#include <linux/tracepoint.h>
#include <linux/virtio.h>

#include "amp_compat.h"
#include "amp_rpmsg.h"

/* What is in the header, and the device whose bus it is on */
DECLARE_EVENT_CLASS(amp_rpmsg_message,
	TP_PROTO(const struct amp_rpmsg *amp, const struct amp_rpmsg_hdr *hdr),

	TP_ARGS(amp, hdr),

	TP_STRUCT__entry(
		__string(device, dev_name(&amp->vdev->dev))
		__field(u32, src)
		__field(u32, dst)
		__field(u16, len)
	),

	TP_fast_assign(
		amp_assign_str(device, dev_name(&amp->vdev->dev));
		__entry->src = __rpmsg32_to_cpu(amp->little_endian, hdr->src);
		__entry->dst = __rpmsg32_to_cpu(amp->little_endian, hdr->dst);
		__entry->len = __rpmsg16_to_cpu(amp->little_endian, hdr->len);
	),

	TP_printk("device=%s src=%u dst=%u len=%u", __get_str(device),
		  __entry->src, __entry->dst, __entry->len)
);

/* A message is in the ring, and the remote may take it. */
DEFINE_EVENT(amp_rpmsg_message, rpmsg_send,
	TP_PROTO(const struct amp_rpmsg *amp, const struct amp_rpmsg_hdr *hdr),
	TP_ARGS(amp, hdr)
);

/* A valid message was taken out of the ring, whether anyone has its address or not. */
DEFINE_EVENT(amp_rpmsg_message, rpmsg_recv,
	TP_PROTO(const struct amp_rpmsg *amp, const struct amp_rpmsg_hdr *hdr),
	TP_ARGS(amp, hdr)
);

/* The remote is told of what was put into a ring: messages, or empty buffers. */
TRACE_EVENT(rpmsg_kick,
	TP_PROTO(const struct virtqueue *vq, unsigned int messages),

	TP_ARGS(vq, messages),

	TP_STRUCT__entry(
		__string(device, dev_name(&vq->vdev->dev))
		__field(u32, virtqueue)
		__field(u32, messages)
	),

	TP_fast_assign(
		amp_assign_str(device, dev_name(&vq->vdev->dev));
		__entry->virtqueue = vq->index;
		__entry->messages = messages;
	),

	TP_printk("device=%s virtqueue=%u messages=%u", __get_str(device),
		  __entry->virtqueue, __entry->messages)
);

#endif /* AMP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE amp_trace
#include <trace/define_trace.h>
