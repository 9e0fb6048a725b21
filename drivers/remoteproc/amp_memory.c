// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that both sides can reach: the core's own (TCM) and what the device
 * tree reserves for it, with the translation of the core's addresses.
 */

#include <linux/io.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>

#include "amp_remoteproc.h"

static const struct amp_rproc_att *amp_memory_att_of_da(struct amp_rproc *amp,
							u64 da, size_t len)
{
	const struct amp_rproc_att *att = amp->soc->att;
	unsigned int i;

	for (i = 0; i < amp->soc->num_att; i++, att++)
		if (da >= att->da && da - att->da < att->size &&
		    len <= att->size - (da - att->da))
			return att;

	return NULL;
}

static const struct amp_rproc_att *amp_memory_att_of_pa(struct amp_rproc *amp,
							phys_addr_t pa,
							size_t len)
{
	const struct amp_rproc_att *att = amp->soc->att;
	unsigned int i;

	for (i = 0; i < amp->soc->num_att; i++, att++)
		if (pa >= att->pa && pa - att->pa < att->size &&
		    len <= att->size - (pa - att->pa))
			return att;

	return NULL;
}

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
	const struct amp_rproc_att *att;
	phys_addr_t pa;
	unsigned int i;

	if (!len)
		return NULL;

	att = amp_memory_att_of_da(amp, da, len);
	if (!att)
		return NULL;
	pa = att->pa + (da - att->da);

	for (i = 0; i < amp->num_mem; i++) {
		const struct amp_rproc_mem *mem = &amp->mem[i];

		if (pa >= mem->pa && pa - mem->pa < mem->size &&
		    len <= mem->size - (pa - mem->pa)) {
			if (is_iomem)
				*is_iomem = true;
			return (__force void *)(mem->va + (pa - mem->pa));
		}
	}

	return NULL;
}

/* The rings and buffers of a virtio device, by the names of the binding */
static bool is_vdev_region(const struct device_node *np)
{
	return of_node_name_prefix(np, "vdev");
}

static int amp_memory_map(struct amp_rproc *amp, phys_addr_t pa, size_t size,
			  const char *name)
{
	struct amp_rproc_mem *mem = &amp->mem[amp->num_mem];

	mem->va = devm_ioremap_wc(amp->dev, pa, size);
	if (!mem->va)
		return dev_err_probe(amp->dev, -ENOMEM,
				     "cannot map %s: %zu bytes at %pa\n",
				     name, size, &pa);
	mem->pa = pa;
	mem->size = size;
	amp->num_mem++;

	return 0;
}

static int amp_memory_lookup(struct amp_rproc *amp, struct device_node *np,
			     struct reserved_mem **rmem, u32 *da)
{
	const struct amp_rproc_att *att;

	*rmem = of_reserved_mem_lookup(np);
	if (!*rmem)
		return dev_err_probe(amp->dev, -EINVAL,
				     "memory-region %pOF is not reserved memory\n",
				     np);

	att = amp_memory_att_of_pa(amp, (*rmem)->base, (*rmem)->size);
	if (!att)
		return dev_err_probe(amp->dev, -EINVAL,
				     "memory-region %pOF: %pa bytes at %pa are not all in the core's address map\n",
				     np, &(*rmem)->size, &(*rmem)->base);
	*da = att->da + ((*rmem)->base - att->pa);

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
	const struct amp_rproc_att *att = amp->soc->att;
	struct device_node *node = amp->dev->of_node;
	struct of_phandle_iterator it;
	struct reserved_mem *rmem;
	unsigned int max, i;
	int ret;
	u32 da;

	max = amp->soc->num_att;
	max += max(of_count_phandle_with_args(node, "memory-region", NULL), 0);
	amp->mem = devm_kcalloc(amp->dev, max, sizeof(*amp->mem), GFP_KERNEL);
	if (!amp->mem)
		return -ENOMEM;

	for (i = 0; i < amp->soc->num_att; i++, att++) {
		if (!att->owned)
			continue;
		ret = amp_memory_map(amp, att->pa, att->size, att->name);
		if (ret)
			return ret;
	}

	of_for_each_phandle(&it, ret, node, "memory-region", NULL, 0) {
		ret = amp_memory_lookup(amp, it.node, &rmem, &da);
		if (!ret && !is_vdev_region(it.node))
			ret = amp_memory_map(amp, rmem->base, rmem->size,
					     it.node->name);
		if (ret) {
			of_node_put(it.node);
			return ret;
		}
	}

	return 0;
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
	iounmap((__force void __iomem *)mem->va);

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

		if (is_vdev_region(it.node) && strstr(it.node->name, "buffer"))
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

	return 0;

put:
	of_node_put(it.node);

	return ret;
}
