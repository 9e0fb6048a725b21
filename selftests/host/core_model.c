// SPDX-License-Identifier: GPL-2.0
/*
 * What the remoteproc core does with an image that was accepted
 *
 * It follows the core (6.1 to 6.12), not the validator, and shares no code with
 * it: an accepted image that makes the core read or write where it mustn't is a
 * check that is missing.
 */

#include <linux/elf.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "amp_control.h"
#include "core_model.h"
#include "image.h"

#define PAGE		4096u
#define ANY		0xffffffffu
#define MAX_CARVEOUTS	48
#define MAX_NOTIFYIDS	16		/* the driver's */
#define MAX_TABLE	(64 * 1024)	/* kmalloc() gives it without ado */

struct carveout {
	char name[33];
	u32 da, len;
	bool in_table;
};

/* -1 if there is no single piece of memory of that use */
static long long to_pa(const struct amp_map *map, u64 da, u64 size,
		       enum amp_mem_use use)
{
	unsigned int i;

	for (i = 0; i < map->num_att; i++) {
		const struct amp_att *att = &map->att[i];

		if (da >= att->da && da + size <= (u64)att->da + att->size)
			break;
	}
	if (i == map->num_att)
		return -1;
	da = da - map->att[i].da + map->att[i].pa;
	for (i = 0; i < map->num_mem; i++) {
		const struct amp_mem *mem = &map->mem[i];

		if (mem->use == use && da >= mem->pa &&
		    da + size <= mem->pa + mem->size)
			return da;
	}
	return -1;
}

static unsigned int add_regions(const struct amp_map *map, struct carveout *co)
{
	unsigned int i, k, n = 0;

	for (i = 0; i < map->num_mem; i++) {
		const struct amp_mem *mem = &map->mem[i];

		for (k = 0; k < map->num_att; k++)
			if (map->att[k].owned && map->att[k].pa == mem->pa)
				break;
		if (k < map->num_att)
			continue;
		for (k = 0; k < map->num_att; k++)
			if (mem->pa >= map->att[k].pa &&
			    mem->pa + mem->size <= (u64)map->att[k].pa + map->att[k].size)
				break;
		if (k == map->num_att)
			continue;
		snprintf(co[n].name, sizeof(co[n].name), "%s", mem->name);
		co[n].da = map->att[k].da + (mem->pa - map->att[k].pa);
		co[n].len = mem->size;
		co[n].in_table = false;
		n++;
	}
	return n;
}

static struct carveout *find(struct carveout *co, unsigned int n, const char *name)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!strcmp(co[i].name, name))
			return &co[i];
	return NULL;
}

/* rproc_check_carveout_da() */
static bool fits(const struct carveout *co, u32 da, u32 len)
{
	int delta;

	if (len > co->len)
		return false;
	if (da == ANY)
		return true;
	delta = da - co->da;
	return delta >= 0 && delta + len <= co->len;
}

static const char *check_name(const char *name)
{
	if (!memchr(name, 0, 32))
		return "a name has no terminator";
	if (strchr(name, '%'))
		return "a name is a format with arguments";
	return NULL;
}

/* rproc_handle_vdev(), rproc_virtio_probe(), rp_find_vq() */
static const char *handle_vdev(const u8 *p, size_t avail, struct carveout *co,
			       unsigned int n, unsigned int index)
{
	struct rsc_vdev vdev = { 0 };
	struct carveout *mem;
	char name[32];
	unsigned int i;
	u32 bytes;

	if (avail < offsetof(struct rsc_vdev, vring))
		return "a vdev is cut off";
	memcpy(&vdev, p, avail < offsetof(struct rsc_vdev, config) ? avail :
	       offsetof(struct rsc_vdev, config));
	if (offsetof(struct rsc_vdev, vring) + 20ull * vdev.num_of_vrings +
	    vdev.config_len > avail)
		return "a vdev is cut off";
	if (vdev.reserved[0] || vdev.reserved[1])
		return "a vdev's reserved fields are set";
	if (vdev.num_of_vrings != 2)
		return "the core frees two vrings of a vdev that has others";
	if (2 * index + 1 >= MAX_NOTIFYIDS)
		return "a notify id is one too many for the driver";
	if (!vdev.id)
		return "virtio id 0";

	for (i = 0; i < 2; i++) {
		const struct rsc_vring *ring = &vdev.vring[i];

		if (ring->align != PAGE)
			return "a ring is aligned otherwise than rpmsg has it";
		if (!ring->num || ring->num & (ring->num - 1) || ring->num > 32768)
			return "vring_new_virtqueue() takes no such number";
		bytes = 18 * ring->num + 6;
		bytes = (bytes + PAGE - 1) / PAGE * PAGE + 6 + 8 * ring->num;
		snprintf(name, sizeof(name), "vdev%uvring%u", index, i);
		mem = find(co, n, name);
		if (mem) {
			if (!fits(mem, ring->da, (bytes + PAGE - 1) / PAGE * PAGE))
				return "a vdev fails to probe, unnoticed, and is left behind";
			if (ring->da != ANY && ring->da != mem->da)
				return "a ring is not where the table says";
		} else if (ring->da != ANY) {
			return "a ring is allocated elsewhere than the table says";
		}
	}
	return NULL;
}

const char *core_handle_table(const struct amp_map *map, const u8 *table,
			      size_t size)
{
	/* Too large for a kernel's stack */
	static struct carveout co[MAX_CARVEOUTS];
	static struct { u32 start; u64 end; } spans[64];
	unsigned int n = add_regions(map, co), vdevs = 0;
	struct rsc_carveout cut;
	struct rsc_trace trace;
	struct rsc_area area;
	struct carveout *mem;
	u32 hdr[4], offset, type, i, k;
	const char *bad = NULL;

	if (size > MAX_TABLE)
		return "the table is too large to allocate";
	if (size < sizeof(hdr))
		return "the table has no header";
	memcpy(hdr, table, sizeof(hdr));
	if (hdr[0] != 1 || hdr[2] || hdr[3])
		return "the table's header";
	if (16 + 4ull * hdr[1] > size)
		return "the table's offsets are not all there";
	if (hdr[1] > 64)
		return "far too many entries";

	for (i = 0; i < hdr[1] && !bad; i++) {
		size_t avail;
		const u8 *p;

		memcpy(&offset, table + 16 + 4 * i, 4);
		if (offset < 16 + 4 * hdr[1] || offset >= size || size - offset < 4)
			return "an entry is not in the table";
		if (offset % 4)
			return "an entry is not aligned";
		p = table + offset;
		avail = size - offset;
		memcpy(&type, p, 4);
		spans[i].start = offset;
		spans[i].end = offset + 4;

		switch (type) {
		case 0:
			if (avail < sizeof(cut))
				return "a carve-out is cut off";
			memcpy(&cut, p, sizeof(cut));
			spans[i].end = offset + sizeof(cut);
			bad = check_name(cut.name);
			if (bad)
				break;
			mem = find(co, n, cut.name);
			if (!mem)
				bad = "a carve-out is allocated from Linux' memory";
			else if (mem->in_table || cut.reserved)
				bad = "a carve-out fails";
			else if (!fits(mem, cut.da, cut.len))
				bad = "a carve-out does not fit";
			else if (!cut.len)
				bad = "a carve-out has no bytes";
			else
				mem->in_table = true;
			break;
		case 1:
			bad = "devmem";
			break;
		case 2:
			if (avail < sizeof(trace))
				return "a trace is cut off";
			memcpy(&trace, p, sizeof(trace));
			spans[i].end = offset + sizeof(trace);
			if (!trace.len || trace.reserved ||
			    to_pa(map, trace.da, trace.len, AMP_MEM_ANY) < 0)
				bad = "a trace is somewhere else";
			else
				bad = check_name(trace.name);
			break;
		case 3:
			bad = handle_vdev(p, avail, co, n, vdevs++);
			if (!bad) {
				u32 len;

				memcpy(&len, p + offsetof(struct rsc_vdev, config_len), 4);
				spans[i].end = (u64)offset + len +
					       offsetof(struct rsc_vdev, config);
			}
			break;
		case AMP_RSC_FAULT:
		case AMP_RSC_LOG:
			if (avail < sizeof(area))
				return "an area is cut off";
			memcpy(&area, p, sizeof(area));
			spans[i].end = offset + sizeof(area);
			if (area.da % 4 || area.reserved ||
			    area.len < (type == AMP_RSC_LOG ? sizeof(struct amp_log_header) :
					sizeof(struct amp_fault_record)) ||
			    to_pa(map, area.da, area.len, AMP_MEM_ANY) < 0)
				bad = "an area is somewhere else";
			break;
		default:
			if (type < 128 || type > 512)
				bad = "an unknown type";
		}
		for (k = 0; k < i && !bad; k++)
			if (spans[i].start < spans[k].end && spans[k].start < spans[i].end)
				bad = "entries overlap";
	}
	return bad;
}

/* rproc_elf_load_segments() */
static const char *load(const struct amp_map *map, const u8 *image, size_t size,
			const struct elf32_hdr *ehdr, struct elf32_phdr *ph,
			long long *pa)
{
	bool entry = false;
	unsigned int i, k;

	for (i = 0; i < ehdr->e_phnum; i++) {
		pa[i] = -1;
		memcpy(&ph[i], image + ehdr->e_phoff + i * sizeof(*ph), sizeof(*ph));
		if (ph[i].p_type != PT_LOAD || !ph[i].p_memsz)
			continue;
		if (ph[i].p_filesz > ph[i].p_memsz)
			return "a segment is larger in the file";
		if ((u64)ph[i].p_offset + ph[i].p_filesz > size)
			return "a segment is not in the file";
		pa[i] = to_pa(map, ph[i].p_paddr, ph[i].p_memsz, AMP_MEM_ANY);
		if (pa[i] < 0)
			return "a segment is written where it mustn't be";
		for (k = 0; k < i; k++)
			if (pa[k] >= 0 && pa[i] < pa[k] + ph[k].p_memsz &&
			    pa[k] < pa[i] + ph[i].p_memsz)
				return "segments overlap";
		if (ph[i].p_flags & PF_X && (ehdr->e_entry & ~1u) >= ph[i].p_paddr &&
		    (ehdr->e_entry & ~1u) + 2ull <= (u64)ph[i].p_paddr + ph[i].p_filesz)
			entry = true;
	}
	return entry ? NULL : "the entry point is no code";
}

const char *core_start(const struct amp_map *map, const u8 *image, size_t size)
{
	static const char wanted[] = ".resource_table";
	static struct elf32_phdr ph[64];
	static long long pa[64];
	struct elf32_hdr ehdr;
	struct elf32_shdr sh;
	long long dest;
	const char *bad, *name;
	u32 names, i, k;

	if (size < sizeof(ehdr))
		return "no ELF header";
	memcpy(&ehdr, image, sizeof(ehdr));
	if (memcmp(ehdr.e_ident, "\177ELF\1\1", 6) || ehdr.e_machine != EM_ARM ||
	    ehdr.e_type != ET_EXEC)
		return "not an ELF file for the core";
	if (ehdr.e_phentsize != sizeof(*ph) || !ehdr.e_phnum || ehdr.e_phnum > 64 ||
	    (u64)ehdr.e_phoff + ehdr.e_phnum * sizeof(*ph) > size)
		return "program headers are not in the file";

	/* find_table() reads the header of the names before all else. */
	if (ehdr.e_shnum || ehdr.e_shstrndx) {
		if ((u64)ehdr.e_shoff + (ehdr.e_shstrndx + 1ull) * sizeof(sh) > size ||
		    (u64)ehdr.e_shoff + ehdr.e_shnum * sizeof(sh) > size ||
		    ehdr.e_shentsize != sizeof(sh))
			return "section headers are not in the file";
	}
	bad = load(map, image, size, &ehdr, ph, pa);
	if (bad || !ehdr.e_shnum)
		return bad;

	memcpy(&sh, image + ehdr.e_shoff + ehdr.e_shstrndx * sizeof(sh), sizeof(sh));
	names = sh.sh_offset;
	for (i = 0; i < ehdr.e_shnum; i++) {
		memcpy(&sh, image + ehdr.e_shoff + i * sizeof(sh), sizeof(sh));
		if ((u64)names + sh.sh_name >= size)
			return "a name is not in the file";
		name = (const char *)image + names + sh.sh_name;
		if (!memchr(name, 0, size - names - sh.sh_name))
			return "a name ends beyond the file";
		if (strcmp(name, wanted))
			continue;
		if ((u64)sh.sh_offset + sh.sh_size > size)
			return "the table is not in the file";
		dest = to_pa(map, sh.sh_addr, sh.sh_size, AMP_MEM_ANY);
		if (dest < 0)
			return "the table is written where it mustn't be";
		for (k = 0; k < ehdr.e_phnum; k++)
			if (pa[k] >= 0 && dest < pa[k] + ph[k].p_memsz &&
			    pa[k] < dest + sh.sh_size &&
			    (dest - pa[k] != (long long)sh.sh_offset - ph[k].p_offset ||
			     dest + sh.sh_size > pa[k] + ph[k].p_filesz))
				return "the table is written over something else";
		return core_handle_table(map, image + sh.sh_offset, sh.sh_size);
	}
	return NULL;
}
