/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Coalescing: when the remote is told of something, and when it has to tell
 *
 * Pure functions; they also compile on a host.
 */
#ifndef AMP_COALESCE_H
#define AMP_COALESCE_H

#include <linux/minmax.h>
#include <linux/types.h>

/*
 * Buffers that the remote has, however much isn't read. More would let messages pile
 * up in the ring, where an answer to somebody else is behind them.
 */
#define AMP_RX_SPARE		4U

/* When the remote is told of a message */
enum amp_tx_kick {
	AMP_TX_KICK_NOW,
	AMP_TX_KICK_TIMER,	/* by the timer at the latest */
	AMP_TX_KICK_LATER,	/* with one that follows, or amp_tx_flush() */
};

/*
 * Once a message is in the ring, @unkicked there are that the remote wasn't told of.
 * With @more, another one follows.
 */
static inline enum amp_tx_kick amp_tx_kick_when(unsigned int unkicked,
						unsigned int messages,
						unsigned int usecs, bool more)
{
	if (unkicked >= messages || (!usecs && !more))
		return AMP_TX_KICK_NOW;

	return usecs ? AMP_TX_KICK_TIMER : AMP_TX_KICK_LATER;
}

/* Of @num_rx buffers */
static inline unsigned int amp_rx_spare(unsigned int num_rx)
{
	return min(num_rx / 2, AMP_RX_SPARE);
}

/* Of @num_rx buffers, those that readers may keep */
static inline unsigned int amp_rx_max_held(unsigned int num_rx)
{
	return num_rx - amp_rx_spare(num_rx);
}

/*
 * Messages that are taken out of the ring ahead of who reads them: no more than can
 * be held, or they would be copied.
 */
static inline unsigned int amp_rx_ahead(unsigned int num_rx,
					unsigned int num_held)
{
	unsigned int max = amp_rx_max_held(num_rx);

	return num_held < max ? min(max - num_held, AMP_RX_SPARE) : 0;
}

/*
 * Is the remote told now of @unkicked buffers that it was given back? So it is if
 * they are many, or no timer does it in a while.
 */
static inline bool amp_rx_kick_now(unsigned int num_rx, unsigned int unkicked,
				   bool irq_on)
{
	return irq_on || unkicked >= amp_rx_spare(num_rx);
}

/*
 * Is the next message to interrupt? @num_armed endpoints wait for one, @callbacks
 * says that one is expected for a callback, and @usecs is the period of the timer
 * that looks for it otherwise.
 */
static inline bool amp_rx_irq_wanted(unsigned int num_armed, unsigned int usecs,
				     bool callbacks)
{
	return num_armed || !usecs || callbacks;
}

#endif /* AMP_COALESCE_H */
