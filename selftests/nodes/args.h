/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Good and bad arguments, chosen by a random number: addresses, lengths, numbers.
 */
#ifndef SELFTESTS_NODES_ARGS_H
#define SELFTESTS_NODES_ARGS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

/* As many bytes can be accessed as nobody knows */
#define ARGS_UNKNOWN	SIZE_MAX

/* An address, and how many bytes there the kernel can access for this process */
struct area {
	void *addr;
	size_t readable;
	size_t writable;
};

void args_init_thread(void);
struct area args_area(uint32_t random);
struct area args_bad_area(uint32_t random);
struct area args_struct(const void *value, size_t size, uint32_t random);
void *args_array(size_t size, size_t *room);
size_t args_length(uint32_t random);
uint64_t args_number(uint32_t random);
uint32_t args_address(uint32_t random);
const char *args_text(uint32_t random);

/* What has been mapped */
size_t args_map(int fd, uint32_t length, uint32_t how, off_t *offset, int *flags);
void args_unmap(uint32_t which);
void args_protect(uint32_t which, uint32_t how);
void args_unmap_all(void);

#endif /* SELFTESTS_NODES_ARGS_H */
