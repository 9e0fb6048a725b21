// SPDX-License-Identifier: GPL-2.0
/*
 * Validation of firmware images and resource tables
 *
 * The remoteproc core trusts much of what it finds there: names are printf
 * formats to it, section headers are followed wherever they point, and a table
 * is copied to where it says. So all of it is checked first, in private memory,
 * and an image that isn't right is refused before anything has been written.
 *
 * Layouts: System V ABI for ELF; mainline's include/linux/remoteproc.h (since
 * 7.3 include/linux/rsc_table.h) for the table. All little endian.
 */

#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "amp_control.h"
#include "amp_validate.h"

#define MAX_SECTIONS	4096
#define MAX_RING_NUM	1024
#define MAX_CONFIG_LEN	256
#define MAX_TABLE_SIZE	16384

/* On the wire of rpmsg, whatever the table would like */
#define RING_ALIGN	4096

#define ADDR_ANY	0xffffffff

/* Offsets in the table and in its entries, in bytes */
enum {
	TABLE_VER = 0,
	TABLE_NUM = 4,
	TABLE_RESERVED = 8,
	TABLE_OFFSETS = 16,

	ENTRY_TYPE = 0,
	ENTRY_BODY = 4,

	CARVEOUT_DA = 0,
	CARVEOUT_LEN = 8,
	CARVEOUT_RESERVED = 16,
	CARVEOUT_NAME = 20,
	CARVEOUT_SIZE = 52,

	TRACE_DA = 0,
	TRACE_LEN = 4,
	TRACE_RESERVED = 8,
	TRACE_NAME = 12,
	TRACE_SIZE = 44,

	AREA_DA = 0,
	AREA_LEN = 4,
	AREA_RESERVED = 8,
	AREA_SIZE = 12,

	VDEV_ID = 0,
	VDEV_CONFIG_LEN = 16,
	VDEV_NUM_VRINGS = 21,
	VDEV_RESERVED = 22,
	VDEV_VRINGS = 24,

	VRING_DA = 0,
	VRING_ALIGN = 4,
	VRING_NUM = 8,
	VRING_NOTIFYID = 12,
	VRING_SIZE = 20,

	NAME_LEN = 32,
};

enum {
	RSC_TYPE_CARVEOUT = 0,
	RSC_TYPE_DEVMEM = 1,
	RSC_TYPE_TRACE = 2,
	RSC_TYPE_VDEV = 3,
	RSC_TYPE_VENDOR_START = 128,
	RSC_TYPE_VENDOR_END = 512,
};

#define refuse(v, err, ...) ({						\
	scnprintf((v)->why, sizeof((v)->why), __VA_ARGS__);		\
	-(err);								\
})

static u32 get32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

static u16 get16(const u8 *p)
{
	return p[0] | p[1] << 8;
}

static bool overlap(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a < b + b_size && b < a + a_size;
}

static bool is_pow2(u32 n)
{
	return n && !(n & (n - 1));
}

/* The core's own memory isn't one: Linux makes no carve-out of it. */
static const struct amp_mem *find_region(const struct amp_map *map,
					 const char *name)
{
	unsigned int i;

	for (i = 0; i < map->num_mem; i++)
		if (!map->mem[i].owned && !strcmp(map->mem[i].name, name))
			return &map->mem[i];

	return NULL;
}

static bool may_overlap(const struct amp_valid_span *a,
			const struct amp_valid_span *b)
{
	return a->kind == AMP_CLAIM_SEGMENT && b->kind == AMP_CLAIM_CARVEOUT &&
	       amp_within(a->pa, a->size, b->pa, b->size);
}

/*
 * The firmware wants [da, da + size) for something: is it memory that it may
 * have for that, and not claimed for something else?
 */
static int claim(struct amp_valid *v, enum amp_claim kind, unsigned int index,
		 u64 da, u64 size)
{
	static const char * const names[] = {
		[AMP_CLAIM_SEGMENT] = "segment",
		[AMP_CLAIM_CARVEOUT] = "carve-out",
	};
	struct amp_valid_span new = { .size = size, .kind = kind, .index = index };
	const struct amp_mem *mem;
	unsigned int i;

	if (!amp_map_da_to_pa(v->map, da, size, &new.pa))
		return refuse(v, ERANGE,
			      "%s %u: 0x%llx bytes at 0x%llx are not in the core's address map",
			      names[kind], index, (unsigned long long)size,
			      (unsigned long long)da);

	mem = amp_map_find(v->map, new.pa, size);
	if (!mem)
		return refuse(v, ERANGE,
			      "%s %u: 0x%llx bytes at 0x%llx are neither the core's nor reserved for it",
			      names[kind], index, (unsigned long long)size,
			      (unsigned long long)da);

	if (mem->use != AMP_MEM_ANY)
		return refuse(v, EINVAL,
			      "%s %u: 0x%llx bytes at 0x%llx are in %s, reserved for something else",
			      names[kind], index, (unsigned long long)size,
			      (unsigned long long)da, mem->name);

	for (i = 0; i < v->num_spans; i++) {
		const struct amp_valid_span *old = &v->spans[i];

		if (overlap(new.pa, size, old->pa, old->size) &&
		    !may_overlap(&new, old) && !may_overlap(old, &new))
			return refuse(v, EINVAL,
				      "%s %u: 0x%llx bytes at 0x%llx overlap %s %u",
				      names[kind], index,
				      (unsigned long long)size,
				      (unsigned long long)da,
				      names[old->kind], old->index);
	}

	/* There is room for all that the limits allow. */
	v->spans[v->num_spans++] = new;

	return 0;
}

/* The remoteproc core uses names as printf formats. */
static int check_name(struct amp_valid *v, const u8 *name, const char *what,
		      unsigned int index)
{
	unsigned int i;

	for (i = 0; i < NAME_LEN && name[i]; i++)
		if (name[i] == '%' || name[i] < ' ' || name[i] > '~')
			return refuse(v, EINVAL,
				      "%s %u: character 0x%02x in its name, expected printable ones other than %%",
				      what, index, name[i]);

	if (i == NAME_LEN)
		return refuse(v, EINVAL, "%s %u: name without a terminator in %u bytes",
			      what, index, NAME_LEN);

	return 0;
}

static int check_carveout(struct amp_valid *v, const u8 *body,
			  unsigned int index)
{
	u32 da = get32(body + CARVEOUT_DA);
	u32 len = get32(body + CARVEOUT_LEN);
	u32 reserved = get32(body + CARVEOUT_RESERVED);
	const char *name = (const char *)body + CARVEOUT_NAME;
	const struct amp_mem *mem;
	unsigned int i;
	u32 mem_da;
	int ret;

	if (reserved)
		return refuse(v, EINVAL, "carve-out %u: reserved field is 0x%x, expected 0",
			      index, reserved);
	if (!len)
		return refuse(v, EINVAL, "carve-out %u: length 0", index);

	ret = check_name(v, body + CARVEOUT_NAME, "carve-out", index);
	if (ret)
		return ret;

	/* For any other name the core would allocate from Linux' memory. */
	mem = find_region(v->map, name);
	if (!mem)
		return refuse(v, ERANGE,
			      "carve-out %u: no region of its name, %s, is reserved",
			      index, name);
	for (i = 0; i < v->num_carveouts; i++)
		if (!strcmp(v->carveouts[i], name))
			return refuse(v, EINVAL, "carve-out %u: there is one for %s already",
				      index, name);
	v->carveouts[v->num_carveouts++] = name;
	if (len > mem->size)
		return refuse(v, EFBIG, "carve-out %u: 0x%x bytes, %s has 0x%llx",
			      index, len, name, (unsigned long long)mem->size);
	if (da == ADDR_ANY)
		return 0;

	ret = claim(v, AMP_CLAIM_CARVEOUT, index, da, len);
	if (ret)
		return ret;
	if (!amp_map_pa_to_da(v->map, mem->pa, mem->size, &mem_da) ||
	    !amp_within(da, len, mem_da, mem->size))
		return refuse(v, ERANGE,
			      "carve-out %u: 0x%x bytes at 0x%x are not in %s, which it is named after",
			      index, len, da, name);

	return 0;
}

/* Part of the firmware's data: unlike what is claimed, it lies in a segment. */
static int check_data(struct amp_valid *v, u32 da, u32 len, u32 reserved,
		      const char *what, unsigned int index)
{
	const struct amp_mem *mem;
	u64 pa;

	if (reserved)
		return refuse(v, EINVAL, "%s %u: reserved field is 0x%x, expected 0",
			      what, index, reserved);
	if (!len)
		return refuse(v, EINVAL, "%s %u: length 0", what, index);

	mem = amp_map_da_to_pa(v->map, da, len, &pa) ?
	      amp_map_find(v->map, pa, len) : NULL;
	if (!mem || mem->use != AMP_MEM_ANY)
		return refuse(v, ERANGE,
			      "%s %u: 0x%x bytes at 0x%x are neither the core's nor in a region for it",
			      what, index, len, da);

	return 0;
}

static int check_trace(struct amp_valid *v, const u8 *body, unsigned int index)
{
	int ret;

	ret = check_data(v, get32(body + TRACE_DA), get32(body + TRACE_LEN),
			 get32(body + TRACE_RESERVED), "trace", index);

	return ret ? ret : check_name(v, body + TRACE_NAME, "trace", index);
}

static int check_area(struct amp_valid *v, const u8 *body, const char *what,
		      size_t min, unsigned int index)
{
	u32 da = get32(body + AREA_DA);
	u32 len = get32(body + AREA_LEN);

	if (da % 4)
		return refuse(v, EINVAL, "%s %u: address 0x%x, expected a multiple of 4",
			      what, index, da);
	if (len < min)
		return refuse(v, EINVAL, "%s %u: 0x%x bytes, expected 0x%zx or more",
			      what, index, len, min);

	return check_data(v, da, len, get32(body + AREA_RESERVED), what, index);
}

/* As vring_size() of include/uapi/linux/virtio_ring.h, in whole pages */
static u32 round_up_to(u32 n, u32 to)
{
	return (n + to - 1) / to * to;
}

static u32 ring_bytes(u32 num)
{
	u32 avail_end = num * 16 + 2 * (3 + num);
	u32 used = 2 * 3 + num * 8;

	return round_up_to(avail_end, RING_ALIGN) + round_up_to(used, RING_ALIGN);
}

static int check_vring(struct amp_valid *v, const u8 *vring, unsigned int vdev,
		       unsigned int n)
{
	u32 da = get32(vring + VRING_DA);
	u32 align = get32(vring + VRING_ALIGN);
	u32 num = get32(vring + VRING_NUM);
	u32 notifyid = get32(vring + VRING_NOTIFYID);
	const struct amp_mem *mem;
	char name[NAME_LEN];
	unsigned int i;
	u32 mem_da;

	if (!is_pow2(num) || num > MAX_RING_NUM)
		return refuse(v, EINVAL,
			      "vdev %u vring %u: %u buffers, expected a power of two up to %u",
			      vdev, n, num, MAX_RING_NUM);
	if (align != RING_ALIGN)
		return refuse(v, EINVAL, "vdev %u vring %u: alignment %u, expected %u",
			      vdev, n, align, RING_ALIGN);

	for (i = 0; i < v->num_notifyids; i++)
		if (v->notifyids[i] == notifyid && notifyid != AMP_NOTIFY_ANY)
			return refuse(v, EINVAL,
				      "vdev %u vring %u: notify id %u is taken",
				      vdev, n, notifyid);
	v->notifyids[v->num_notifyids++] = notifyid;

	scnprintf(name, sizeof(name), "vdev%uvring%u", vdev, n);
	mem = find_region(v->map, name);
	if (mem && ring_bytes(num) > mem->size)
		return refuse(v, EFBIG,
			      "vdev %u vring %u: %u bytes for %u buffers, %s has 0x%llx",
			      vdev, n, ring_bytes(num), num, name,
			      (unsigned long long)mem->size);

	/* The core puts it at the region's start, or where it can allocate. */
	if (da == ADDR_ANY)
		return 0;
	if (!mem || !amp_map_pa_to_da(v->map, mem->pa, mem->size, &mem_da))
		return refuse(v, ERANGE,
			      "vdev %u vring %u: address 0x%x, but no region %s is reserved",
			      vdev, n, da, name);
	if (da != mem_da)
		return refuse(v, ERANGE,
			      "vdev %u vring %u: address 0x%x, expected 0x%x of %s, or none",
			      vdev, n, da, mem_da, name);

	return 0;
}

/* Bytes of an entry's body, or 0 if it isn't all there */
static u64 vdev_size(const u8 *body, u64 avail)
{
	u64 size = VDEV_VRINGS;

	if (avail < size)
		return 0;
	size += (u64)body[VDEV_NUM_VRINGS] * VRING_SIZE;
	size += get32(body + VDEV_CONFIG_LEN);

	return size <= avail ? size : 0;
}

static int check_vdev(struct amp_valid *v, const u8 *body, unsigned int index)
{
	unsigned int num_vrings = body[VDEV_NUM_VRINGS];
	u32 id = get32(body + VDEV_ID);
	u32 config_len = get32(body + VDEV_CONFIG_LEN);
	u16 reserved = get16(body + VDEV_RESERVED);
	unsigned int vdev = v->num_vdevs++;
	unsigned int n;
	int ret;

	if (reserved)
		return refuse(v, EINVAL, "vdev %u: reserved field is 0x%x, expected 0",
			      index, reserved);
	if (!id)
		return refuse(v, EINVAL, "vdev %u: virtio id 0", index);
	/* The core frees two, however many there are. */
	if (num_vrings != AMP_VALID_VRINGS)
		return refuse(v, EINVAL, "vdev %u: %u vrings, expected %u",
			      index, num_vrings, AMP_VALID_VRINGS);
	if (vdev >= AMP_VALID_MAX_VDEVS)
		return refuse(v, EFBIG, "vdev %u: more than %u virtio devices",
			      index, AMP_VALID_MAX_VDEVS);
	if (config_len > MAX_CONFIG_LEN)
		return refuse(v, EFBIG, "vdev %u: configuration of %u bytes, expected up to %u",
			      index, config_len, MAX_CONFIG_LEN);

	for (n = 0; n < num_vrings; n++) {
		ret = check_vring(v, body + VDEV_VRINGS + n * VRING_SIZE, vdev, n);
		if (ret)
			return ret;
	}

	return 0;
}

static int check_entry(struct amp_valid *v, unsigned int index, u32 offset,
		       u64 *end)
{
	const u8 *body = v->data + offset + ENTRY_BODY;
	u32 type = get32(v->data + offset + ENTRY_TYPE);
	u64 avail = v->size - offset - ENTRY_BODY;
	u64 size;

	switch (type) {
	case RSC_TYPE_CARVEOUT:
		size = CARVEOUT_SIZE;
		break;
	case RSC_TYPE_TRACE:
		size = TRACE_SIZE;
		break;
	case RSC_TYPE_VDEV:
		size = vdev_size(body, avail);
		break;
	case AMP_RSC_FAULT:
	case AMP_RSC_LOG:
		size = AREA_SIZE;
		break;
	case RSC_TYPE_DEVMEM:
		return refuse(v, EINVAL,
			      "entry %u at offset 0x%x: devmem needs an IOMMU, which this core hasn't",
			      index, offset);
	default:
		/* Another vendor's: the remoteproc core passes over it. */
		if (type >= RSC_TYPE_VENDOR_START && type <= RSC_TYPE_VENDOR_END) {
			*end = (u64)offset + ENTRY_BODY;
			return 0;
		}
		return refuse(v, EINVAL,
			      "entry %u at offset 0x%x: type %u, expected 0 to 3 or a vendor's",
			      index, offset, type);
	}

	if (!size || size > avail)
		return refuse(v, EINVAL,
			      "entry %u at offset 0x%x: cut off by the end of the table at 0x%zx",
			      index, offset, v->size);
	*end = (u64)offset + ENTRY_BODY + size;

	switch (type) {
	case RSC_TYPE_CARVEOUT:
		return check_carveout(v, body, index);
	case RSC_TYPE_TRACE:
		return check_trace(v, body, index);
	case AMP_RSC_FAULT:
		return check_area(v, body, "fault record",
				  sizeof(struct amp_fault_record), index);
	case AMP_RSC_LOG:
		return check_area(v, body, "log",
				  sizeof(struct amp_log_header), index);
	default:
		return check_vdev(v, body, index);
	}
}

static int check_table(struct amp_valid *v, const u8 *table, size_t size)
{
	struct {
		u32 start;
		u64 end;
	} entries[AMP_VALID_MAX_ENTRIES];
	u32 num, i, k, offset;
	int ret;

	v->data = table;
	v->size = size;
	v->num_notifyids = 0;
	v->num_carveouts = 0;
	v->num_vdevs = 0;

	if (size < TABLE_OFFSETS)
		return refuse(v, EINVAL, "resource table of %zu bytes, expected %u or more",
			      size, TABLE_OFFSETS);
	if (get32(table + TABLE_VER) != 1)
		return refuse(v, EINVAL, "resource table version %u, expected 1",
			      get32(table + TABLE_VER));
	for (i = 0; i < 2; i++)
		if (get32(table + TABLE_RESERVED + 4 * i))
			return refuse(v, EINVAL,
				      "resource table: reserved word %u is 0x%x, expected 0",
				      i, get32(table + TABLE_RESERVED + 4 * i));

	num = get32(table + TABLE_NUM);
	v->table_end = TABLE_OFFSETS + 4 * (size_t)num;
	if (num > AMP_VALID_MAX_ENTRIES)
		return refuse(v, EFBIG, "resource table: %u entries, expected up to %u",
			      num, AMP_VALID_MAX_ENTRIES);
	if (TABLE_OFFSETS + 4 * num > size)
		return refuse(v, EINVAL, "resource table: %u entries in %zu bytes",
			      num, size);

	for (i = 0; i < num; i++) {
		offset = get32(table + TABLE_OFFSETS + 4 * i);
		if (offset % 4)
			return refuse(v, EINVAL, "entry %u at offset 0x%x: not a multiple of 4",
				      i, offset);
		if (offset < TABLE_OFFSETS + 4 * num)
			return refuse(v, EINVAL,
				      "entry %u at offset 0x%x: inside the table's header of 0x%x bytes",
				      i, offset, TABLE_OFFSETS + 4 * num);
		if (!amp_within(offset, ENTRY_BODY, 0, size))
			return refuse(v, EINVAL,
				      "entry %u at offset 0x%x: beyond the end of the table at 0x%zx",
				      i, offset, size);

		entries[i].start = offset;
		ret = check_entry(v, i, offset, &entries[i].end);
		if (ret)
			return ret;
		if (entries[i].end > v->table_end)
			v->table_end = entries[i].end;

		for (k = 0; k < i; k++)
			if (overlap(entries[i].start,
				    entries[i].end - entries[i].start,
				    entries[k].start,
				    entries[k].end - entries[k].start))
				return refuse(v, EINVAL,
					      "entry %u at offset 0x%x: overlaps entry %u at 0x%x",
					      i, offset, k, entries[k].start);
	}

	return 0;
}

/**
 * amp_validate_table() - check a resource table
 * @v: takes the reason of a refusal
 * @map: what the firmware may use
 * @table: the table, in memory that nobody else can change
 * @size: of @table, in bytes
 *
 * Return: 0, -EINVAL, -ERANGE for an address that the core can't or mustn't
 * use, -EFBIG for what is too large.
 */
int amp_validate_table(struct amp_valid *v, const struct amp_map *map,
		       const void *table, size_t size)
{
	v->map = map;
	v->num_spans = 0;
	v->why[0] = '\0';

	return check_table(v, table, size);
}

static int check_segments(struct amp_valid *v, const u8 *image, size_t size)
{
	u32 phoff = get32(image + offsetof(struct elf32_hdr, e_phoff));
	u32 phnum = get16(image + offsetof(struct elf32_hdr, e_phnum));
	u32 phentsize = get16(image + offsetof(struct elf32_hdr, e_phentsize));
	u32 entry = get32(image + offsetof(struct elf32_hdr, e_entry));
	bool entry_found = false;
	u32 i;
	int ret;

	if (!phnum || phnum > AMP_VALID_MAX_SEGMENTS)
		return refuse(v, ENOEXEC, "ELF: %u program headers, expected 1 to %u",
			      phnum, AMP_VALID_MAX_SEGMENTS);
	if (phentsize != sizeof(struct elf32_phdr))
		return refuse(v, ENOEXEC, "ELF: program headers of %u bytes, expected %zu",
			      phentsize, sizeof(struct elf32_phdr));
	if (!amp_within(phoff, (u64)phnum * phentsize, 0, size))
		return refuse(v, ENOEXEC, "ELF: %u program headers at 0x%x, the file ends at 0x%zx",
			      phnum, phoff, size);

	for (i = 0; i < phnum; i++) {
		const u8 *ph = image + phoff + i * phentsize;
		u32 offset = get32(ph + offsetof(struct elf32_phdr, p_offset));
		u32 da = get32(ph + offsetof(struct elf32_phdr, p_paddr));
		u32 filesz = get32(ph + offsetof(struct elf32_phdr, p_filesz));
		u32 memsz = get32(ph + offsetof(struct elf32_phdr, p_memsz));
		u32 flags = get32(ph + offsetof(struct elf32_phdr, p_flags));

		if (get32(ph + offsetof(struct elf32_phdr, p_type)) != PT_LOAD)
			continue;
		if (filesz > memsz)
			return refuse(v, EINVAL,
				      "segment %u: 0x%x bytes in the file, 0x%x in memory",
				      i, filesz, memsz);
		if (!amp_within(offset, filesz, 0, size))
			return refuse(v, EINVAL,
				      "segment %u: 0x%x bytes at 0x%x, the file ends at 0x%zx",
				      i, filesz, offset, size);
		if (!memsz)
			continue;
		ret = claim(v, AMP_CLAIM_SEGMENT, i, da, memsz);
		if (ret)
			return ret;

		/* Bit 0 says Thumb. */
		if ((flags & PF_X) && amp_within(entry & ~1u, 2, da, filesz))
			entry_found = true;
	}

	if (!entry_found)
		return refuse(v, ENOEXEC, "ELF: entry point 0x%x is in no executable segment",
			      entry);

	return 0;
}

/* Where it overlaps a segment, it has to be what the segment has there. */
static int check_table_place(struct amp_valid *v, const u8 *image, u64 pa,
			     u32 offset, u32 size)
{
	u32 phoff = get32(image + offsetof(struct elf32_hdr, e_phoff));
	unsigned int i;

	for (i = 0; i < v->num_spans; i++) {
		const struct amp_valid_span *seg = &v->spans[i];
		const u8 *ph = image + phoff + seg->index * sizeof(struct elf32_phdr);
		u32 p_offset = get32(ph + offsetof(struct elf32_phdr, p_offset));
		u32 filesz = get32(ph + offsetof(struct elf32_phdr, p_filesz));

		if (!overlap(pa, size, seg->pa, seg->size))
			continue;
		if (!amp_within(pa, size, seg->pa, filesz) ||
		    pa - seg->pa != (u64)offset - p_offset)
			return refuse(v, EINVAL,
				      "resource table: would be written over other contents of segment %u",
				      seg->index);
	}

	return 0;
}

/* The section .resource_table, or NULL if there is none */
static int find_table(struct amp_valid *v, const u8 *image, size_t size,
		      const u8 **table, u32 *table_size)
{
	static const char name[] = ".resource_table";
	u32 shoff = get32(image + offsetof(struct elf32_hdr, e_shoff));
	u32 shnum = get16(image + offsetof(struct elf32_hdr, e_shnum));
	u32 shentsize = get16(image + offsetof(struct elf32_hdr, e_shentsize));
	u32 strndx = get16(image + offsetof(struct elf32_hdr, e_shstrndx));
	u32 str_offset, str_size, i;
	const u8 *sh;

	*table = NULL;
	if (!shnum) {
		/* Older cores look there for the names all the same. */
		if (strndx)
			return refuse(v, ENOEXEC, "ELF: section names in section %u of 0",
				      strndx);
		return 0;
	}
	if (shnum > MAX_SECTIONS)
		return refuse(v, ENOEXEC, "ELF: %u section headers, expected up to %u",
			      shnum, MAX_SECTIONS);
	if (shentsize != sizeof(struct elf32_shdr))
		return refuse(v, ENOEXEC, "ELF: section headers of %u bytes, expected %zu",
			      shentsize, sizeof(struct elf32_shdr));
	if (!amp_within(shoff, (u64)shnum * shentsize, 0, size))
		return refuse(v, ENOEXEC, "ELF: %u section headers at 0x%x, the file ends at 0x%zx",
			      shnum, shoff, size);
	if (strndx >= shnum)
		return refuse(v, ENOEXEC, "ELF: section names in section %u of %u",
			      strndx, shnum);

	sh = image + shoff + strndx * shentsize;
	str_offset = get32(sh + offsetof(struct elf32_shdr, sh_offset));
	str_size = get32(sh + offsetof(struct elf32_shdr, sh_size));
	if (!str_size || !amp_within(str_offset, str_size, 0, size))
		return refuse(v, ENOEXEC,
			      "ELF: section names: 0x%x bytes at 0x%x, the file ends at 0x%zx",
			      str_size, str_offset, size);
	if (image[str_offset + str_size - 1])
		return refuse(v, ENOEXEC, "ELF: section names end with 0x%02x, expected 0",
			      image[str_offset + str_size - 1]);

	for (i = 0; i < shnum; i++) {
		u32 offset, len, da, name_offset;
		const struct amp_mem *mem;
		u64 pa;
		int ret;

		sh = image + shoff + i * shentsize;
		name_offset = get32(sh + offsetof(struct elf32_shdr, sh_name));
		if (name_offset >= str_size)
			return refuse(v, ENOEXEC,
				      "ELF: name of section %u at 0x%x of 0x%x bytes of names",
				      i, name_offset, str_size);
		if (strcmp((const char *)image + str_offset + name_offset, name))
			continue;

		offset = get32(sh + offsetof(struct elf32_shdr, sh_offset));
		len = get32(sh + offsetof(struct elf32_shdr, sh_size));
		da = get32(sh + offsetof(struct elf32_shdr, sh_addr));
		if (!amp_within(offset, len, 0, size))
			return refuse(v, EINVAL,
				      "resource table: 0x%x bytes at 0x%x, the file ends at 0x%zx",
				      len, offset, size);

		/* Linux copies it there once more when the core is started. */
		mem = amp_map_da_to_pa(v->map, da, len, &pa) ?
		      amp_map_find(v->map, pa, len) : NULL;
		if (!len || !mem || mem->use != AMP_MEM_ANY)
			return refuse(v, ERANGE,
				      "resource table: 0x%x bytes at 0x%x are neither the core's nor reserved for it",
				      len, da);
		if (len > MAX_TABLE_SIZE)
			return refuse(v, EFBIG,
				      "resource table of %u bytes, expected up to %u",
				      len, MAX_TABLE_SIZE);
		ret = check_table_place(v, image, pa, offset, len);
		if (ret)
			return ret;
		*table = image + offset;
		*table_size = len;
		return 0;
	}

	return 0;
}

/**
 * amp_validate_elf() - check a firmware image, its resource table included
 * @v: takes the reason of a refusal
 * @map: what the firmware may use
 * @image: the file, in memory that nobody else can change
 * @size: of @image, in bytes
 *
 * Return: 0, -ENOEXEC for what isn't an executable for this kind of core, or
 * what amp_validate_table() returns, here also for the segments.
 */
int amp_validate_elf(struct amp_valid *v, const struct amp_map *map,
		     const void *image, size_t size)
{
	const u8 *ehdr = image;
	const u8 *table;
	u32 table_size;
	int ret;

	v->map = map;
	v->num_spans = 0;
	v->why[0] = '\0';

	if (size < sizeof(struct elf32_hdr))
		return refuse(v, ENOEXEC, "ELF: %zu bytes, expected %zu or more",
			      size, sizeof(struct elf32_hdr));
	if (memcmp(ehdr, ELFMAG, SELFMAG))
		return refuse(v, ENOEXEC,
			      "ELF: begins with %02x %02x %02x %02x, expected 7f 45 4c 46",
			      ehdr[0], ehdr[1], ehdr[2], ehdr[3]);
	if (ehdr[EI_CLASS] != ELFCLASS32)
		return refuse(v, ENOEXEC, "ELF: class %u, expected %u (32 bits)",
			      ehdr[EI_CLASS], ELFCLASS32);
	if (ehdr[EI_DATA] != ELFDATA2LSB)
		return refuse(v, ENOEXEC, "ELF: byte order %u, expected %u (little endian)",
			      ehdr[EI_DATA], ELFDATA2LSB);
	if (get16(ehdr + offsetof(struct elf32_hdr, e_type)) != ET_EXEC)
		return refuse(v, ENOEXEC, "ELF: type %u, expected %u (executable)",
			      get16(ehdr + offsetof(struct elf32_hdr, e_type)), ET_EXEC);
	if (get16(ehdr + offsetof(struct elf32_hdr, e_machine)) != EM_ARM)
		return refuse(v, ENOEXEC, "ELF: machine %u, expected %u (ARM)",
			      get16(ehdr + offsetof(struct elf32_hdr, e_machine)), EM_ARM);

	ret = check_segments(v, image, size);
	if (ret)
		return ret;

	v->elf_table = NULL;
	v->elf_table_size = 0;
	ret = find_table(v, image, size, &table, &table_size);
	if (ret || !table)
		return ret;
	v->elf_table = table;
	v->elf_table_size = table_size;

	return check_table(v, table, table_size);
}
