// SPDX-License-Identifier: GPL-2.0
/*
 * Crashes of the remote: how they are noticed and reported, what is dumped, and
 * when recovery is no longer tried
 *
 * The remoteproc core recovers: it stops the core, dumps and starts it again. A
 * core that crashes too often is left off.
 */

#include <linux/bitops.h>
#include <linux/elf.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/platform_device.h>
#include <linux/pm_wakeup.h>
#include <linux/workqueue.h>

#include "amp_compat.h"
#include "amp_control.h"
#include "amp_remoteproc.h"

/* Defaults of the limit in sysfs: a core that always crashes is stopped soon. */
#define AMP_CRASH_LIMIT		5
#define AMP_CRASH_WINDOW_S	60

/**
 * amp_crash_report() - the remote has crashed
 * @amp: the remote processor
 * @type: for the remoteproc core
 * @fmt: what is known, a printf format; one line without a newline
 *
 * Context: any.
 */
void amp_crash_report(struct amp_rproc *amp, enum rproc_crash_type type,
		      const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	/* Once for each life: a dying core may say it in more than one way. */
	if (atomic_cmpxchg(&amp->crash.reported, 0, 1))
		return;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	dev_err(&amp->rproc->dev, "remote core: %pV\n", &vaf);
	va_end(args);

	rproc_report_crash(amp->rproc, type);
}

/**
 * amp_crash_fault() - the remote's fault handler has called
 * @amp: the remote processor
 *
 * Context: any.
 */
void amp_crash_fault(struct amp_rproc *amp)
{
	static const char * const kinds[] = {
		[AMP_FAULT_HARD] = "HardFault",
		[AMP_FAULT_MEM] = "MemManage fault",
		[AMP_FAULT_BUS] = "BusFault",
		[AMP_FAULT_USAGE] = "UsageFault",
		[AMP_FAULT_OTHER] = "unexpected exception",
	};
	struct amp_fault_record rec;
	u32 kind;

	if (!amp->crash.record) {
		amp_crash_report(amp, RPROC_FATAL_ERROR, "fault, without a record");
		return;
	}

	memcpy(&rec, amp->crash.record, sizeof(rec));
	kind = le32_to_cpu(rec.kind);
	if (le32_to_cpu(rec.magic) != AMP_FAULT_MAGIC ||
	    kind >= ARRAY_SIZE(kinds) || !kinds[kind])
		amp_crash_report(amp, RPROC_FATAL_ERROR,
				 "fault, with a record that makes no sense");
	else if (le32_to_cpu(rec.address_valid))
		amp_crash_report(amp, RPROC_FATAL_ERROR,
				 "%s at pc 0x%08x (lr 0x%08x), address 0x%08x, status 0x%08x",
				 kinds[kind], le32_to_cpu(rec.pc),
				 le32_to_cpu(rec.lr), le32_to_cpu(rec.address),
				 le32_to_cpu(rec.status));
	else
		amp_crash_report(amp, RPROC_FATAL_ERROR,
				 "%s at pc 0x%08x (lr 0x%08x), status 0x%08x",
				 kinds[kind], le32_to_cpu(rec.pc),
				 le32_to_cpu(rec.lr), le32_to_cpu(rec.status));
}

/**
 * amp_crash_missed() - has the remote faulted when nobody was listening?
 * @amp: the remote processor, silent when it was expected to say something
 *
 * Context: any.
 * Return: whether it has; then that has been reported.
 */
bool amp_crash_missed(struct amp_rproc *amp)
{
	const struct amp_fault_record *rec = amp->crash.record;

	if (!rec || le32_to_cpu(READ_ONCE(rec->magic)) != AMP_FAULT_MAGIC)
		return false;
	amp_crash_fault(amp);

	return true;
}

/**
 * amp_crash_set_record() - where the firmware's fault handler writes
 * @amp: the remote processor
 * @area: body of its AMP_RSC_FAULT entry; NULL for none any more
 *
 * Return: 0, or -EINVAL if it makes no sense, which has been reported.
 */
int amp_crash_set_record(struct amp_rproc *amp, const struct amp_rsc_area *area)
{
	u32 len;

	amp->crash.record = NULL;
	if (!area)
		return 0;

	len = le32_to_cpu(area->len);
	if (len >= sizeof(struct amp_fault_record))
		amp->crash.record = rproc_da_to_va(amp->rproc,
						   le32_to_cpu(area->da), len,
						   NULL);
	if (!amp->crash.record) {
		dev_err(&amp->rproc->dev, "fault record: 0x%x bytes at 0x%x are of no use\n",
			len, le32_to_cpu(area->da));
		return -EINVAL;
	}

	return 0;
}

/**
 * amp_crash_begin() - a new life of the remote begins
 * @amp: the remote processor, not running yet
 */
void amp_crash_begin(struct amp_rproc *amp)
{
	/* Of an earlier life: memory keeps it. */
	if (amp->crash.record)
		memset(amp->crash.record, 0, sizeof(struct amp_fault_record));
	/* So does a report that came while the former life's was being dealt with. */
	if (cancel_work(&amp->rproc->crash_handler) &&
	    !work_busy(&amp->rproc->crash_handler))
		pm_relax(amp->rproc->dev.parent);
	atomic_set(&amp->crash.reported, 0);
}

/**
 * amp_crash_count() - the remoteproc core stops the remote after a crash
 * @amp: the remote processor
 *
 * Whoever reported the crash, this is where they all come by.
 */
void amp_crash_count(struct amp_rproc *amp)
{
	struct amp_crash *crash = &amp->crash;
	unsigned int limit = READ_ONCE(crash->limit);
	unsigned int window_s = READ_ONCE(crash->window_s);

	WRITE_ONCE(crash->total, crash->total + 1);
	if (!crash->count ||
	    time_after(jiffies, crash->first + window_s * (unsigned long)HZ)) {
		crash->first = jiffies;
		crash->count = 0;
	}
	crash->count++;

	if (!limit || crash->count < limit)
		return;

	dev_err(&amp->rproc->dev,
		"crashed %u times in %u s, staying down; write \"start\" to state to try again\n",
		crash->count, window_s);
	crash->stay_down = true;
	crash->count = 0;
}

/*
 * It may be level-triggered, and only the remote, or its reset, can end it.
 * Nothing else of it is to be heard until the remote has been restarted.
 */
static irqreturn_t amp_crash_watchdog(int irq, void *data)
{
	struct amp_rproc *amp = data;

	if (!test_and_clear_bit(0, &amp->crash.watching))
		return IRQ_NONE;
	disable_irq_nosync(irq);
	amp_crash_report(amp, RPROC_WATCHDOG, "watchdog interrupt");

	return IRQ_HANDLED;
}

/**
 * amp_crash_watch() - is the remote's watchdog to be heeded?
 * @amp: the remote processor
 * @on: if it is. Firmware should have ended an interrupt of its former life by
 *	then; Linux doesn't know its registers.
 *
 * Context: sleeps. Does nothing if the device tree has no watchdog.
 */
void amp_crash_watch(struct amp_rproc *amp, bool on)
{
	struct amp_crash *crash = &amp->crash;

	if (!crash->watchdog)
		return;

	if (on) {
		if (!test_and_set_bit(0, &crash->watching))
			enable_irq(crash->watchdog);
	} else if (test_and_clear_bit(0, &crash->watching)) {
		disable_irq(crash->watchdog);
	}
}

/**
 * amp_crash_init() - prepare for crashes
 * @amp: the remote processor
 * @pdev: its device, which may have the interrupt of the remote's watchdog
 *
 * The interrupt is released with the device.
 *
 * Return: 0, or an errno that has been reported.
 */
int amp_crash_init(struct amp_rproc *amp, struct platform_device *pdev)
{
	int ret;

	amp->crash.limit = AMP_CRASH_LIMIT;
	amp->crash.window_s = AMP_CRASH_WINDOW_S;

	amp->rproc->dump_conf = RPROC_COREDUMP_ENABLED;
	rproc_coredump_set_elf_info(amp->rproc, ELFCLASS32, EM_ARM);

	ret = platform_get_irq_optional(pdev, 0);
	if (ret == -ENXIO)
		return 0;
	if (ret < 0)
		return dev_err_probe(amp->dev, ret, "no watchdog interrupt\n");

	amp->crash.watchdog = ret;
	ret = devm_request_irq(amp->dev, amp->crash.watchdog,
			       amp_crash_watchdog, IRQF_NO_AUTOEN,
			       dev_name(amp->dev), amp);
	if (ret)
		return dev_err_probe(amp->dev, ret,
				     "cannot use the watchdog interrupt\n");

	return 0;
}
