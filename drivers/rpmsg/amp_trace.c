// SPDX-License-Identifier: GPL-2.0
/*
 * The code behind the tracepoints of amp_trace.h
 */

#define CREATE_TRACE_POINTS
#include "amp_trace.h"
