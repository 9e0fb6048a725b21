/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * amp_control.h and amp_bulk.h, shared with Linux' drivers. This core is little endian as well.
 */
#ifndef AMP_PROTOCOL_H
#define AMP_PROTOCOL_H

#include <stdint.h>

typedef uint16_t __le16;
typedef uint32_t __le32;
typedef uint64_t __le64;

#include "amp_control.h"

#endif /* AMP_PROTOCOL_H */
