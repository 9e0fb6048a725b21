// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that both sides can reach: the core's own (TCM) and what the device
 * tree reserves for it, with the translation of the core's addresses.
 */

#include <linux/crc32.h>
#include <linux/export.h>
#include <linux/firmware.h>
#include <linux/io.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>
#include <linux/slab.h>

#include "amp_remoteproc.h"
#include "amp_rproc.h"
#include "amp_validate.h"

/**
 * amp_memory_da_to_va() - where Linux finds the memory at a device address
 * @rproc: the remote processor
 * @da: device address, as the core sees it
 * @len: in bytes; all of it has to be in one piece of memory
 * @is_iomem: set to whether the I/O accessors have to be used, may be NULL
 *
 * Return: the kernel's address, NULL if there is no such memory.
 */
void *amp_memory_da_to_va(struct rproc *rproc, u64 da, size_t len,
			  bool *is_iomem)
{
	struct amp_rproc *amp = rproc->priv;
	const struct amp_mem *mem;
	u64 pa;

	if (!len || !amp_map_da_to_pa(&amp->map, da, len, &pa))
		return NULL;

	mem = amp_map_find(&amp->map, pa, len);
	if (!mem || !mem->va)
		return NULL;

	if (is_iomem)
		*is_iomem = true;

	return mem->va + (pa - mem->pa);
}

/* Rings and buffers of a virtio device have these names in mainline's binding. */
static enum amp_mem_use amp_memory_use(const struct device_node *np)
{
	if (!of_node_name_prefix(np, "vdev"))
		return AMP_MEM_ANY;

	return strstr(np->name, "buffer") ? AMP_MEM_BUFFER : AMP_MEM_RING;
}

/*
 * Shared buffers of programs. Linux maps that memory as its own, and the firmware
 * image has no business there.
 */
static bool amp_memory_is_bulk(const struct device_node *np)
{
	return of_node_name_eq(np, "bulk");
}

static int amp_memory_add(struct amp_rproc *amp, u64 pa, u64 size, bool owned,
			  enum amp_mem_use use, const char *name)
{
	struct amp_mem *mem = &amp->map.mem[amp->map.num_mem++];

	mem->pa = pa;
	mem->size = size;
	mem->owned = owned;
	mem->use = use;
	mem->name = name;
	if (use != AMP_MEM_ANY)
		return 0;

	mem->va = (__force void *)devm_ioremap_wc(amp->dev, pa, size);
	if (!mem->va)
		return dev_err_probe(amp->dev, -ENOMEM,
				     "cannot map %s: 0x%llx bytes at 0x%llx\n",
				     name, size, pa);

	return 0;
}

static int amp_memory_lookup(struct amp_rproc *amp, struct device_node *np,
			     struct reserved_mem **rmem, u32 *da)
{
	*rmem = of_reserved_mem_lookup(np);
	if (!*rmem)
		return dev_err_probe(amp->dev, -EINVAL,
				     "memory-region %pOF is not reserved memory\n",
				     np);

	if (!amp_map_pa_to_da(&amp->map, (*rmem)->base, (*rmem)->size, da))
		return dev_err_probe(amp->dev, -EINVAL,
				     "memory-region %pOF: %pa bytes at %pa are not all in the core's address map\n",
				     np, &(*rmem)->size, &(*rmem)->base);

	return 0;
}

/**
 * amp_memory_init() - map what is mapped all the time
 * @amp: the remote processor
 *
 * That is the core's own memory and the device tree's regions, except for rings
 * and buffers, which are mapped for those who use them. The mappings go with
 * the device.
 *
 * Return: 0, or an errno that has been reported.
 */
int amp_memory_init(struct amp_rproc *amp)
{
	const struct amp_att *att = amp->soc->att;
	struct device_node *node = amp->dev->of_node;
	struct of_phandle_iterator it;
	struct reserved_mem *rmem;
	unsigned int max, i;
	int ret;
	u32 da;

	max = amp->soc->num_att;
	max += max(of_count_phandle_with_args(node, "memory-region", NULL), 0);
	amp->map.mem = devm_kcalloc(amp->dev, max, sizeof(*amp->map.mem),
				    GFP_KERNEL);
	if (!amp->map.mem)
		return -ENOMEM;
	amp->map.att = att;
	amp->map.num_att = amp->soc->num_att;

	for (i = 0; i < amp->soc->num_att; i++, att++) {
		if (!att->owned)
			continue;
		ret = amp_memory_add(amp, att->pa, att->size, true,
				     AMP_MEM_ANY, att->name);
		if (ret)
			return ret;
	}

	of_for_each_phandle(&it, ret, node, "memory-region", NULL, 0) {
		ret = amp_memory_lookup(amp, it.node, &rmem, &da);
		if (!ret && !amp_memory_is_bulk(it.node))
			ret = amp_memory_add(amp, rmem->base, rmem->size, false,
					     amp_memory_use(it.node),
					     it.node->name);
		if (ret) {
			of_node_put(it.node);
			return ret;
		}
	}

	return 0;
}

/*
 * The core numbers vrings from 0, whatever the table asks for, and writes that
 * into the table. Firmware that doesn't read it there would be kicked in vain.
 */
static void amp_memory_tell_notifyids(struct rproc *rproc,
				      const struct amp_valid *valid)
{
	unsigned int i;

	for (i = 0; i < valid->num_notifyids; i++)
		if (valid->notifyids[i] != AMP_NOTIFY_ANY &&
		    valid->notifyids[i] != i)
			dev_info(&rproc->dev, "vring %u asks for notify id %u and gets %u\n",
				 i, valid->notifyids[i], i);
}

/**
 * amp_memory_check() - check a firmware image against the core's memory
 * @rproc: the remote processor
 * @fw: the image
 * @table_size: set to the size of its resource table, in bytes; 0 if it has none
 * @table_crc: set to the table's crc32(), which begins with 0
 *
 * Return: 0, or an errno; why has been reported in one line.
 */
int amp_memory_check(struct rproc *rproc, const struct firmware *fw,
		     size_t *table_size, u32 *table_crc)
{
	struct amp_rproc *amp = rproc->priv;
	struct amp_valid *valid;
	int ret;

	valid = kmalloc(sizeof(*valid), GFP_KERNEL);
	if (!valid)
		return -ENOMEM;

	ret = amp_validate_elf(valid, &amp->map, fw->data, fw->size);
	if (ret)
		dev_err(&rproc->dev, "%s refused: %s\n", rproc->firmware,
			valid->why);
	else
		amp_memory_tell_notifyids(rproc, valid);
	if (!ret) {
		*table_size = valid->elf_table_size;
		*table_crc = crc32(0, valid->elf_table, valid->elf_table_size);
	}
	kfree(valid);

	return ret;
}

/**
 * amp_memory_loaded_table() - the resource table of a core that is running
 * @rproc: the remote processor
 * @size: set to its size, in bytes: up to the end of its last entry
 *
 * It lies in the memory region of the device tree named rsc-table, or rsc_table
 * as NXP spells it. The remote can change it at any time, and the remoteproc core
 * reads it more than once, so the core gets a copy until it is done; see
 * amp_memory_switch_table().
 *
 * Return: a copy of the table, or ERR_PTR(); why has been reported in one line.
 */
struct resource_table *amp_memory_loaded_table(struct rproc *rproc,
					       size_t *size)
{
	struct amp_rproc *amp = rproc->priv;
	const struct amp_mem *mem = amp->map.mem;
	struct amp_valid *valid;
	unsigned int i;
	void *copy;
	int ret;

	/* The core has freed it, and would again if this fails. */
	rproc->clean_table = NULL;

	for (i = 0; i < amp->map.num_mem; i++, mem++)
		if (!strcmp(mem->name, "rsc-table") ||
		    !strcmp(mem->name, "rsc_table"))
			break;
	if (i == amp->map.num_mem) {
		dev_err(&rproc->dev, "cannot attach: no memory-region rsc-table in the device tree\n");
		return ERR_PTR(-ENOENT);
	}

	copy = kmemdup(mem->va, mem->size, GFP_KERNEL);
	valid = kmalloc(sizeof(*valid), GFP_KERNEL);
	if (copy && valid) {
		ret = amp_validate_table(valid, &amp->map, copy, mem->size);
		if (ret)
			dev_err(&rproc->dev, "table in %s refused: %s\n",
				mem->name, valid->why);
		else
			*size = valid->table_end;
	} else {
		ret = -ENOMEM;
	}
	kfree(valid);
	if (ret) {
		kfree(copy);
		return ERR_PTR(ret);
	}
	amp->table_copy = copy;
	amp->table = mem->va;

	return copy;
}

/**
 * amp_memory_switch_table() - from the copy of the table to the table
 * @amp: the remote processor, of which the core has handled all resources
 *
 * What the core has filled in goes to the remote.
 */
void amp_memory_switch_table(struct amp_rproc *amp)
{
	if (!amp->table_copy)
		return;

	memcpy(amp->table, amp->table_copy, amp->rproc->table_sz);
	amp->rproc->table_ptr = amp->table;
}

/**
 * amp_memory_restore_table() - from what a crashed remote has left to the copy
 * @amp: the remote processor, about to be recovered
 *
 * The core has no table of its own of a remote that it hasn't started, and hands
 * on to the next one what it finds.
 */
void amp_memory_restore_table(struct amp_rproc *amp)
{
	if (!amp->table_copy || !amp->rproc->cached_table)
		return;

	dev_info(&amp->rproc->dev, "starting %s in place of what was attached to\n",
		 amp->rproc->firmware);
	memcpy(amp->rproc->cached_table, amp->table_copy, amp->rproc->table_sz);
	kfree(amp->table_copy);
	amp->table_copy = NULL;
}

/**
 * amp_memory_drop_table() - forget the copy of the table, if there is one
 * @amp: the remote processor, detached or off
 */
void amp_memory_drop_table(struct amp_rproc *amp)
{
	if (!amp->table_copy)
		return;

	amp->rproc->table_ptr = NULL;
	kfree(amp->table_copy);
	amp->table_copy = NULL;
}

static int amp_memory_alloc(struct rproc *rproc, struct rproc_mem_entry *mem)
{
	void __iomem *va = ioremap_wc(mem->dma, mem->len);

	if (!va) {
		dev_err(&rproc->dev, "cannot map %s: %zu bytes at %pad\n",
			mem->name, mem->len, &mem->dma);
		return -ENOMEM;
	}
	mem->va = (__force void *)va;
	mem->is_iomem = true;

	return 0;
}

static int amp_memory_release(struct rproc *rproc, struct rproc_mem_entry *mem)
{
	/* The core also releases what it has not come to allocate. */
	if (mem->va)
		iounmap((__force void __iomem *)mem->va);

	return 0;
}

/* What a core dump holds: everything that the firmware may have changed */
static int amp_memory_add_dump(struct amp_rproc *amp)
{
	const struct amp_mem *mem = amp->map.mem;
	unsigned int i;
	int ret;
	u32 da;

	for (i = 0; i < amp->map.num_mem; i++, mem++) {
		if (!mem->va || !amp_map_pa_to_da(&amp->map, mem->pa, mem->size, &da))
			continue;
		ret = rproc_coredump_add_segment(amp->rproc, da, mem->size);
		if (ret)
			return ret;
	}

	return 0;
}

/**
 * amp_memory_add_carveouts() - tell the remoteproc core where rings may be
 * @amp: the remote processor
 *
 * Each memory region of the device tree becomes a carve-out of its node's name.
 * vdev<N>vring<M> then holds ring M of virtio device N, and vdev<N>buffer, a
 * shared-dma-pool, is where its driver allocates. The core releases them when
 * the remote processor is off.
 *
 * Return: 0, or an errno that has been reported.
 */
int amp_memory_add_carveouts(struct amp_rproc *amp)
{
	struct device_node *node = amp->dev->of_node;
	struct rproc_mem_entry *mem;
	struct of_phandle_iterator it;
	struct reserved_mem *rmem;
	unsigned int index = 0;
	int ret;
	u32 da;

	of_for_each_phandle(&it, ret, node, "memory-region", NULL, 0) {
		ret = amp_memory_lookup(amp, it.node, &rmem, &da);
		if (ret)
			goto put;

		if (amp_memory_is_bulk(it.node)) {
			index++;
			continue;
		}
		if (amp_memory_use(it.node) == AMP_MEM_BUFFER)
			mem = rproc_of_resm_mem_entry_init(amp->dev, index,
							   rmem->size, da, "%s",
							   it.node->name);
		else
			mem = rproc_mem_entry_init(amp->dev, NULL,
						   (dma_addr_t)rmem->base,
						   rmem->size, da,
						   amp_memory_alloc,
						   amp_memory_release, "%s",
						   it.node->name);
		if (!mem) {
			ret = -ENOMEM;
			goto put;
		}
		rproc_add_carveout(amp->rproc, mem);
		index++;
	}

	return amp_memory_add_dump(amp);

put:
	of_node_put(it.node);

	return ret;
}

/**
 * amp_rproc_bulk_region() - the memory for bulk data
 * @child: a device below the remote processor, such as a channel
 * @region: filled in
 *
 * It lies in the memory region of the device tree named bulk, which Linux has to
 * have mapped: caches are maintained through that mapping.
 *
 * Return: 0; -ENODEV if @child belongs to no remote processor of this driver,
 * -ENOENT if that has no such region, or another errno, which has been reported.
 */
int amp_rproc_bulk_region(struct device *child, struct amp_rproc_region *region)
{
	struct amp_rproc *amp = amp_rproc_of_child(child);
	struct of_phandle_iterator it;
	struct reserved_mem *rmem;
	int ret;

	if (!amp)
		return -ENODEV;

	of_for_each_phandle(&it, ret, amp->dev->of_node, "memory-region", NULL, 0) {
		if (!amp_memory_is_bulk(it.node))
			continue;
		ret = amp_memory_lookup(amp, it.node, &rmem, &region->da);
		if (!ret && of_property_read_bool(it.node, "no-map")) {
			dev_err(amp->dev, "memory-region %pOF must not have no-map\n",
				it.node);
			ret = -EINVAL;
		}
		/* User space maps it, and nothing beside it. */
		if (!ret && !PAGE_ALIGNED(rmem->base | rmem->size)) {
			dev_err(amp->dev, "memory-region %pOF is not whole pages of %lu bytes\n",
				it.node, PAGE_SIZE);
			ret = -EINVAL;
		}
		of_node_put(it.node);
		if (ret)
			return ret;
		region->dev = amp->dev;
		region->pa = rmem->base;
		region->size = rmem->size;
		return 0;
	}

	return -ENOENT;
}
EXPORT_SYMBOL_GPL(amp_rproc_bulk_region);
