// SPDX-License-Identifier: GPL-2.0
/*
 * A small valid firmware image and the board that it is for
 */

#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "amp_control.h"
#include "image.h"

#define TEXT_DA		0x00000000
#define DATA_DA		0x20000000
#define TABLE_DA	0x550ff000

/* As in the driver for the i.MX 8M Plus, without what adds nothing here */
static const struct amp_att att[] = {
	{ .da = 0x00000000, .pa = 0x007e0000, .size = 0x00020000,
	  .owned = true, .name = "ITCM" },
	{ .da = 0x20000000, .pa = 0x00800000, .size = 0x00020000,
	  .owned = true, .name = "DTCM" },
	{ .da = 0x40000000, .pa = 0x40000000, .size = 0x80000000,
	  .name = "DDR" },
	{ .da = 0x10000000, .pa = 0x40000000, .size = 0x0ffe0000,
	  .name = "DDR (code alias)" },
};

void board_init(struct amp_map *map, const struct board_change *change)
{
	const struct amp_mem mem[] = {
		{ .pa = 0x007e0000, .size = 0x20000, .owned = true, .name = att[0].name },
		{ .pa = 0x00800000, .size = 0x20000, .owned = true, .name = att[1].name },
		{ .pa = 0x55000000, .size = change->ring_size ?: 0x8000,
		  .use = AMP_MEM_RING, .name = "vdev0vring0" },
		{ .pa = 0x55008000, .size = 0x8000,
		  .use = AMP_MEM_RING, .name = "vdev0vring1" },
		{ .pa = 0x550ff000, .size = 0x1000, .name = "rsc-table" },
		{ .pa = 0x55400000, .size = 0x100000,
		  .use = AMP_MEM_BUFFER, .name = "vdev0buffer" },
		{ .pa = 0x80000000, .size = 0x1000000, .name = "m7-ddr" },
		{ .pa = 0x41000000, .size = 0x10000, .name = "low" },
	};

	map->att = att;
	map->num_att = ARRAY_SIZE(att);
	map->num_mem = ARRAY_SIZE(mem) - !change->low;
	map->mem = kmemdup(mem, map->num_mem * sizeof(mem[0]), GFP_KERNEL | __GFP_NOFAIL);
}

void board_free(struct amp_map *map)
{
	kfree(map->mem);
}

static void table_init(struct rsc_table *table)
{
	unsigned int i, k;

	table->ver = 1;
	table->num = 4;
	table->offset[0] = offsetof(struct rsc_table, vdev[0]);
	table->offset[1] = offsetof(struct rsc_table, trace);
	table->offset[2] = offsetof(struct rsc_table, carveout[0]);
	table->offset[3] = offsetof(struct rsc_table, vendor[0]);
	for (i = 4; i < 34; i++)
		table->offset[i] = offsetof(struct rsc_table, vendor[i]);

	for (i = 0; i < 9; i++) {
		struct rsc_vdev *vdev = &table->vdev[i];

		vdev->type = 3;
		vdev->id = 7;
		vdev->dfeatures = 1;
		vdev->config_len = 16;
		vdev->num_of_vrings = 2;
		for (k = 0; k < 2; k++) {
			vdev->vring[k].da = i ? 0xffffffff : 0x55000000 + k * 0x8000;
			vdev->vring[k].align = 4096;
			vdev->vring[k].num = 256;
			vdev->vring[k].notifyid = 2 * i + k;
		}
	}

	table->trace.type = 2;
	table->trace.da = DATA_DA + 0x4000;
	table->trace.len = 0x1000;
	strcpy(table->trace.name, "trace");

	table->carveout[0].da = 0x80000000;
	table->carveout[0].len = 0x100000;
	strcpy(table->carveout[0].name, "m7-ddr");
	table->carveout[1].da = 0xffffffff;
	table->carveout[1].len = 0x1000;
	strcpy(table->carveout[1].name, "rsc-table");

	table->fault.type = AMP_RSC_FAULT;
	table->fault.da = DATA_DA + 0x5000;
	table->fault.len = 32;
	table->log.type = AMP_RSC_LOG;
	table->log.da = DATA_DA + 0x6000;
	table->log.len = 16 + 0x1000;

	for (i = 0; i < 34; i++)
		table->vendor[i].type = 128 + i;
}

static void segment_init(struct elf32_phdr *ph, u32 offset, u32 da, u32 size,
			 u32 flags)
{
	ph->p_type = PT_LOAD;
	ph->p_offset = offset;
	ph->p_vaddr = da;
	ph->p_paddr = da;
	ph->p_filesz = size;
	ph->p_memsz = size;
	ph->p_flags = flags;
	ph->p_align = 4;
}

static void section_init(struct elf32_shdr *sh, u32 name, u32 type, u32 addr,
			 u32 offset, u32 size)
{
	sh->sh_name = name;
	sh->sh_type = type;
	sh->sh_addr = addr;
	sh->sh_offset = offset;
	sh->sh_size = size;
}

/* Valid for the board; if it is started, it sleeps. */
void image_init(struct image *im)
{
	static const char names[40] = "\0.text\0.resource_table\0.shstrtab";

	memset(im, 0, sizeof(*im));

	memcpy(im->ehdr.e_ident, ELFMAG, SELFMAG);
	im->ehdr.e_ident[EI_CLASS] = ELFCLASS32;
	im->ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	im->ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	im->ehdr.e_type = ET_EXEC;
	im->ehdr.e_machine = EM_ARM;
	im->ehdr.e_version = EV_CURRENT;
	im->ehdr.e_entry = TEXT_DA + 9;
	im->ehdr.e_phoff = offsetof(struct image, ph);
	im->ehdr.e_shoff = offsetof(struct image, sh);
	im->ehdr.e_ehsize = sizeof(im->ehdr);
	im->ehdr.e_phentsize = sizeof(im->ph[0]);
	im->ehdr.e_phnum = NUM_SEGMENTS;
	im->ehdr.e_shentsize = sizeof(im->sh[0]);
	im->ehdr.e_shnum = NUM_SECTIONS;
	im->ehdr.e_shstrndx = SEC_NAMES;

	segment_init(&im->ph[SEG_TEXT], offsetof(struct image, text), TEXT_DA,
		     sizeof(im->text), PF_R | PF_X);
	segment_init(&im->ph[SEG_DATA], offsetof(struct image, data), DATA_DA,
		     sizeof(im->data), PF_R | PF_W);
	im->ph[SEG_DATA].p_memsz = 0x1000;
	segment_init(&im->ph[SEG_TABLE], offsetof(struct image, table), TABLE_DA,
		     sizeof(im->table), PF_R | PF_W);

	im->text[0] = DATA_DA + 0x20000;	/* stack */
	im->text[1] = TEXT_DA + 9;		/* reset vector, Thumb */
	im->text[2] = 0xe7fdbf30;		/* wfi, and again */
	im->data[0] = 0x12345678;
	table_init(&im->table);

	memcpy(im->names, names, sizeof(names));
	section_init(&im->sh[SEC_TEXT], 1, SHT_PROGBITS, TEXT_DA,
		     offsetof(struct image, text), sizeof(im->text));
	section_init(&im->sh[SEC_TABLE], 7, SHT_PROGBITS, TABLE_DA,
		     offsetof(struct image, table), sizeof(im->table));
	section_init(&im->sh[SEC_NAMES], 23, SHT_STRTAB, 0,
		     offsetof(struct image, names), sizeof(im->names));
}

const void *image_table(const void *file, size_t *size)
{
	const struct image *image = file;
	const struct elf32_shdr *sh = &image->sh[SEC_TABLE];

	*size = sh->sh_size;
	return file + sh->sh_offset;
}
