// SPDX-License-Identifier: GPL-2.0
/*
 * Control channel: shutdown and suspend with an acknowledgment, heartbeats,
 * panics. Its messages are described in include/amp_control.h.
 *
 * Firmware needn't have it. What Linux then can't ask for happens at once.
 */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/rpmsg.h>

#include "amp_compat.h"
#include "amp_control.h"
#include "amp_remoteproc.h"

/* A heartbeat may be late by as much again, and lost, before it is missed. */
#define AMP_HEARTBEAT_GRACE	3U

/* Longest and shortest time between heartbeats that make sense, in ms */
#define AMP_HEARTBEAT_MIN	10U
#define AMP_HEARTBEAT_MAX	3600000U

static int amp_control_send(struct amp_rproc *amp, enum amp_control_type type,
			    u32 value)
{
	struct amp_control_msg msg = {
		.type = cpu_to_le16(type),
		.value = cpu_to_le32(value),
	};

	lockdep_assert_held(&amp->control.lock);
	if (!amp->control.rpdev)
		return -ENOTCONN;

	/* A remote that has stopped reading must not hold up its own end. */
	return rpmsg_trysend(amp->control.rpdev->ept, &msg, sizeof(msg));
}

/**
 * amp_control_request() - ask the remote for something and wait for its answer
 * @amp: the remote processor
 * @type: AMP_CONTROL_SHUTDOWN or AMP_CONTROL_SUSPEND
 * @timeout_ms: how long to wait, in milliseconds
 *
 * Context: sleeps; the remoteproc core, or the system's suspend, sees to it that
 * there is one request at a time.
 * Return: 0 if it has acknowledged, -ENOTCONN if it has no control channel,
 * -ETIMEDOUT, or why it can't be asked.
 */
int amp_control_request(struct amp_rproc *amp, enum amp_control_type type,
			unsigned int timeout_ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(timeout_ms);
	struct amp_control *control = &amp->control;
	int ret;

	reinit_completion(&control->acked);
	WRITE_ONCE(control->cookie, control->cookie + 1);

	/* Under traffic there may be no buffer at the moment. */
	for (;;) {
		mutex_lock(&control->lock);
		ret = amp_control_send(amp, type, control->cookie);
		mutex_unlock(&control->lock);
		if (ret != -ENOMEM || time_after(jiffies, end))
			break;
		usleep_range(1000, 2000);
	}
	if (ret)
		return ret;

	if (!wait_for_completion_timeout(&control->acked,
					 max_t(long, end - jiffies, 1)))
		return -ETIMEDOUT;

	return 0;
}

/**
 * amp_control_notify() - tell the remote something that needs no answer
 * @amp: the remote processor
 * @type: AMP_CONTROL_RESUME
 *
 * Context: sleeps.
 */
void amp_control_notify(struct amp_rproc *amp, enum amp_control_type type)
{
	mutex_lock(&amp->control.lock);
	amp_control_send(amp, type, 0);
	mutex_unlock(&amp->control.lock);
}

static void amp_control_missed(struct work_struct *work)
{
	struct amp_rproc *amp = container_of(to_delayed_work(work),
					     struct amp_rproc,
					     control.heartbeat);

	if (!READ_ONCE(amp->control.supervise))
		return;
	amp_crash_report(amp, RPROC_WATCHDOG, "no heartbeat for %u ms",
			 READ_ONCE(amp->control.heartbeat_ms) *
			 AMP_HEARTBEAT_GRACE);
}

/* The first one begins the supervision, and 0 ends it. */
static void amp_control_heartbeat(struct amp_rproc *amp, u32 ms)
{
	struct amp_control *control = &amp->control;

	if (!ms || !READ_ONCE(control->supervise)) {
		cancel_delayed_work(&control->heartbeat);
		return;
	}

	ms = clamp(ms, AMP_HEARTBEAT_MIN, AMP_HEARTBEAT_MAX);
	WRITE_ONCE(control->heartbeat_ms, ms);
	mod_delayed_work(system_wq, &control->heartbeat,
			 msecs_to_jiffies(ms * AMP_HEARTBEAT_GRACE));
}

/**
 * amp_control_supervise() - are heartbeats to be expected?
 * @amp: the remote processor
 * @on: if they are; else the supervision ends until it is, and the remote sends
 *      one
 *
 * Context: sleeps.
 */
void amp_control_supervise(struct amp_rproc *amp, bool on)
{
	WRITE_ONCE(amp->control.supervise, on);
	if (!on)
		cancel_delayed_work_sync(&amp->control.heartbeat);
}

static int amp_control_receive(struct rpmsg_device *rpdev, void *data, int len,
			       void *priv, u32 src)
{
	struct amp_rproc *amp = dev_get_drvdata(&rpdev->dev);
	char text[AMP_CONTROL_MAX_TEXT];
	struct amp_control_msg msg;
	size_t text_len;
	u32 value;

	if (!amp)
		return 0;
	if (len < (int)sizeof(msg)) {
		dev_warn_ratelimited(&rpdev->dev, "control message of %d bytes, expected %zu or more\n",
				     len, sizeof(msg));
		return 0;
	}

	/* The remote can change what it has sent: each byte is read once. */
	memcpy(&msg, data, sizeof(msg));
	value = le32_to_cpu(msg.value);

	switch (le16_to_cpu(msg.type)) {
	case AMP_CONTROL_ACK:
		if (value == READ_ONCE(amp->control.cookie))
			complete(&amp->control.acked);
		break;
	case AMP_CONTROL_HEARTBEAT:
		amp_control_heartbeat(amp, value);
		break;
	case AMP_CONTROL_PANIC:
		text_len = min3((size_t)le16_to_cpu(msg.text_len), sizeof(text),
				len - sizeof(msg));
		memcpy(text, data + sizeof(msg), text_len);
		amp_crash_report(amp, RPROC_FATAL_ERROR, "it says \"%*pE\"",
				 (int)text_len, text);
		break;
	default:
		dev_dbg_ratelimited(&rpdev->dev, "control message of type %u\n",
				    le16_to_cpu(msg.type));
		break;
	}

	return 0;
}

static void amp_control_remove(struct rpmsg_device *rpdev)
{
	struct amp_rproc *amp = dev_get_drvdata(&rpdev->dev);

	if (!amp)
		return;

	mutex_lock(&amp->control.lock);
	amp->control.rpdev = NULL;
	mutex_unlock(&amp->control.lock);

	/* No more callbacks, so that none starts the supervision again. */
	mutex_lock(&rpdev->ept->cb_lock);
	rpdev->ept->cb = NULL;
	mutex_unlock(&rpdev->ept->cb_lock);
	amp_control_supervise(amp, false);
}

/*
 * One that is of no use, because there is another or nothing can be sent, stays bound:
 * when probing fails, the rpmsg core and the driver core say so each time, and the
 * remote can announce it as often as it likes.
 */
static int amp_control_probe(struct rpmsg_device *rpdev)
{
	struct amp_rproc *amp = amp_rproc_of_child(&rpdev->dev);
	int ret = 0;

	if (!amp)
		return -ENODEV;

	mutex_lock(&amp->control.lock);
	if (amp->control.rpdev) {
		ret = -EBUSY;
	} else {
		amp->control.rpdev = rpdev;
		WRITE_ONCE(amp->control.supervise, true);
		dev_set_drvdata(&rpdev->dev, amp);
		ret = amp_control_send(amp, AMP_CONTROL_HELLO,
				       AMP_CONTROL_VERSION);
	}
	mutex_unlock(&amp->control.lock);

	if (ret) {
		dev_err_ratelimited(&rpdev->dev, "control channel is of no use: %d\n",
				    ret);
		amp_control_remove(rpdev);
		dev_set_drvdata(&rpdev->dev, NULL);
	}

	return 0;
}

static const struct rpmsg_device_id amp_control_id_table[] = {
	{ .name = AMP_CONTROL_CHANNEL },
	{ }
};

struct rpmsg_driver amp_control_driver = {
	.drv.name = "amp_control",
	.id_table = amp_control_id_table,
	.probe = amp_control_probe,
	.callback = amp_control_receive,
	.remove = amp_control_remove,
};

/**
 * amp_control_init() - prepare for a control channel
 * @amp: the remote processor
 */
void amp_control_init(struct amp_rproc *amp)
{
	mutex_init(&amp->control.lock);
	init_completion(&amp->control.acked);
	INIT_DELAYED_WORK(&amp->control.heartbeat, amp_control_missed);
}
