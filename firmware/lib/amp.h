/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * What an application includes: the main loop, the log, rpmsg, the control channel.
 *
 * When main() starts, the MPU is on, the message unit is ready, and amp_rpmsg waits for
 * Linux' driver.
 */
#ifndef AMP_H
#define AMP_H

#include "control.h"
#include "log.h"
#include "rpmsg.h"

extern struct rpmsg_device amp_rpmsg;

/**
 * amp_poll() - do what there is to do
 *
 * Calls the endpoints' callbacks. Main loop only.
 */
void amp_poll(void);

/**
 * amp_wait() - sleep until something happens
 *
 * Returns at once if amp_wake() has been called, or a kick has come, since the last
 * amp_poll() began, or if that left work undone. Main loop only.
 */
void amp_wait(void);

/**
 * amp_wake() - have amp_wait() return
 *
 * Any context: for interrupt handlers that leave work to the main loop.
 */
void amp_wake(void);

/**
 * amp_run() - amp_poll() and amp_wait() for ever
 */
void amp_run(void) __attribute__((noreturn));

#endif /* AMP_H */
