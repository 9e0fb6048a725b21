/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Control channel: an orderly end, the system's suspend, signs of life, panics. A Linux
 * that doesn't know the channel leaves it alone, and then none of this happens.
 *
 * All functions but amp_panic() are for the main loop and callbacks.
 */
#ifndef AMP_CONTROL_CHANNEL_H
#define AMP_CONTROL_CHANNEL_H

#include <stdint.h>

/**
 * struct amp_control_hooks - what an application wants to do at these moments
 * @shutdown: Linux is about to stop this core. After the return nothing runs any more.
 * @suspend: the system is about to sleep. After the return what is sent wakes it up.
 * @resume: Linux is awake again
 *
 * Each may be NULL. Linux waits for the return of the first two, but not for long: one
 * second, unless it is set otherwise.
 */
struct amp_control_hooks {
	void (*shutdown)(void);
	void (*suspend)(void);
	void (*resume)(void);
};

/**
 * amp_control_start() - announce the control channel
 * @hooks: must stay where they are; NULL for none
 *
 * Called before other endpoints are created, it is there when Linux sees those.
 */
void amp_control_start(const struct amp_control_hooks *hooks);

/**
 * amp_heartbeat() - send signs of life, and have Linux restart this core without them
 * @ms: at most so much time between two of them, in milliseconds; 0 to end the supervision
 *
 * They come from amp_poll(): a main loop that hangs sends none. The shortest time is the
 * timer's, PLATFORM_TICK_MS. During a suspend there are none.
 */
void amp_heartbeat(uint32_t ms);

/**
 * amp_panic() - this core can't go on
 * @reason: one line for Linux' log; cut to AMP_CONTROL_MAX_TEXT bytes
 *
 * Any context. In an interrupt handler, or without a control channel, Linux is told of a
 * fault instead, and the reason is in the trace log only.
 */
void amp_panic(const char *reason) __attribute__((noreturn));

/* Called by amp_poll(). */
void amp_control_poll(void);

#endif /* AMP_CONTROL_CHANNEL_H */
