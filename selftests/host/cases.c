// SPDX-License-Identifier: GPL-2.0
/*
 * The cases: each defect that an image or its resource table may have, one at a
 * time, and the nearest that is still right.
 */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "cases.h"

#define FIELD_LEN(f)	sizeof(((struct image *)NULL)->f)
#define SET(f, v)	{ offsetof(struct image, f), FIELD_LEN(f), (u32)(v), false }
#define FILL(f, n, v)	{ offsetof(struct image, f), n, v, true }

#define TABLE(f, v)	SET(table.f, v)
#define RING(n, f, v)	TABLE(vdev[0].vring[n].f, v)
#define RINGS(f, v)	RING(0, f, v), RING(1, f, v)
#define SEG(n, f, v)	SET(ph[n].f, v)
#define SEC(n, f, v)	SET(sh[n].f, v)
#define TABLE_OFF(f)	((u32)offsetof(struct rsc_table, f))
#define FILE_OFF(f)	((u32)offsetof(struct image, f))
#define ALL		((u32)sizeof(struct image))

/* Table and segment as large as this; what follows in the file is part of it. */
#define TABLE_SIZE(n)	SEC(SEC_TABLE, sh_size, n), \
			SEG(SEG_TABLE, p_filesz, n), SEG(SEG_TABLE, p_memsz, n)
#define TABLE_DA(a)	SEC(SEC_TABLE, sh_addr, a), SEG(SEG_TABLE, p_paddr, a)
/* One more segment, at the end of a lengthened file */
#define SEGMENT(da, size) \
			SET(ehdr.e_phnum, 4), SEG(SEG_SPARE, p_type, PT_LOAD), \
			SEG(SEG_SPARE, p_offset, ALL), SEG(SEG_SPARE, p_paddr, da), \
			SEG(SEG_SPARE, p_memsz, size)
#define CARVEOUT(a, l)	TABLE(carveout[0].da, a), TABLE(carveout[0].len, l)
/* Nothing but one entry, so that the table may end with it */
#define ONE(entry, size) \
			TABLE(num, 1), TABLE(offset[0], TABLE_OFF(entry)), \
			TABLE_SIZE(TABLE_OFF(entry) + (size))
#define SECOND(entry)	TABLE(num, 5), TABLE(offset[4], TABLE_OFF(entry))

#define GOOD(n, ...)	{ .name = n, .change = { __VA_ARGS__ } }
#define BAD(n, e, w, ...) \
			{ .name = n, .err = e, .why = w, .change = { __VA_ARGS__ } }

#define ELF(...)	{ __VA_ARGS__ }, .elf_only = true

const struct test_case cases[] = {
	GOOD("good"),

	/* ELF header */
	{ "empty", ENOEXEC, "ELF: 0 bytes", ELF(), .size = -1u },
	{ "header-cut", ENOEXEC, "ELF: 51 bytes, expected 52", ELF(), .size = 51 },
	{ "header-only", ENOEXEC, "3 program headers at 0x34, the file ends at 0x34",
	  ELF(), .size = 52 },
	{ "magic", ENOEXEC, "begins with 7f 45 4c 47",
	  ELF(SET(ehdr.e_ident[EI_MAG3], 'G')) },
	{ "magic-first", ENOEXEC, "begins with 7e 45 4c 46",
	  ELF(SET(ehdr.e_ident[EI_MAG0], 0x7e)) },
	{ "class-64", ENOEXEC, "class 2, expected 1",
	  ELF(SET(ehdr.e_ident[EI_CLASS], ELFCLASS64)) },
	{ "big-endian", ENOEXEC, "byte order 2, expected 1",
	  ELF(SET(ehdr.e_ident[EI_DATA], ELFDATA2MSB)) },
	{ "relocatable", ENOEXEC, "type 1, expected 2", ELF(SET(ehdr.e_type, ET_REL)) },
	{ "shared", ENOEXEC, "type 3, expected 2", ELF(SET(ehdr.e_type, ET_DYN)) },
	{ "machine-aarch64", ENOEXEC, "machine 183, expected 40",
	  ELF(SET(ehdr.e_machine, EM_AARCH64)) },
	{ "machine-riscv", ENOEXEC, "machine 243, expected 40",
	  ELF(SET(ehdr.e_machine, EM_RISCV)) },

	/* Program headers */
	{ "no-program-headers", ENOEXEC, "0 program headers", ELF(SET(ehdr.e_phnum, 0)) },
	{ "32-program-headers", 0, NULL, ELF(SET(ehdr.e_phnum, 32)) },
	{ "33-program-headers", ENOEXEC, "33 program headers, expected 1 to 32",
	  ELF(SET(ehdr.e_phnum, 33)) },
	{ "65535-program-headers", ENOEXEC, "65535 program headers",
	  ELF(SET(ehdr.e_phnum, 0xffff)) },
	{ "program-header-short", ENOEXEC, "program headers of 31 bytes, expected 32",
	  ELF(SET(ehdr.e_phentsize, 31)) },
	{ "program-header-64", ENOEXEC, "program headers of 56 bytes",
	  ELF(SET(ehdr.e_phentsize, 56)) },
	{ "program-headers-at-end", ENOEXEC, "entry point 0xb is in no executable segment",
	  ELF(SET(ehdr.e_phoff, ALL), SET(ehdr.e_entry, 11)), .size = ALL + 96 },
	{ "program-headers-beyond", ENOEXEC, "program headers at 0x",
	  ELF(SET(ehdr.e_phoff, ALL - 95)) },
	{ "program-headers-wrap", ENOEXEC, "3 program headers at 0xffffffe0",
	  ELF(SET(ehdr.e_phoff, 0xffffffe0)) },

	/* Segments: in the file */
	{ "segment-file-over-memory", EINVAL,
	  "segment 0: 0x40 bytes in the file, 0x3f in memory",
	  ELF(SEG(SEG_TEXT, p_memsz, 0x3f)) },
	{ "segment-to-end-of-file", 0, NULL,
	  ELF(SEG(SEG_DATA, p_offset, ALL - 64)) },
	{ "segment-over-end-of-file", EINVAL, "segment 1: 0x40 bytes at 0x",
	  ELF(SEG(SEG_DATA, p_offset, ALL - 63)) },
	{ "segment-offset-wrap", EINVAL, "segment 1: 0x40 bytes at 0xfffffff0",
	  ELF(SEG(SEG_DATA, p_offset, 0xfffffff0)) },
	{ "segment-empty-anywhere", 0, NULL, ELF(SEGMENT(0x60000000, 0)) },
	{ "segment-empty-has-file", EINVAL, "segment 3: 0x4 bytes in the file, 0x0",
	  ELF(SEGMENT(0x60000000, 0), SEG(SEG_SPARE, p_filesz, 4)) },
	{ "note-is-not-loaded", 0, NULL,
	  ELF(SEGMENT(0x60000000, 0x1000), SEG(SEG_SPARE, p_type, PT_NOTE),
	      SEG(SEG_SPARE, p_offset, 0xfffffff0)) },

	/* Segments: in memory */
	{ "itcm-full", 0, NULL, ELF(SEG(SEG_TEXT, p_memsz, 0x20000)) },
	{ "itcm-over", ERANGE, "segment 0: 0x20001 bytes at 0x0 are not in the core",
	  ELF(SEG(SEG_TEXT, p_memsz, 0x20001)) },
	{ "dtcm-full", 0, NULL, ELF(SEG(SEG_DATA, p_memsz, 0x20000)) },
	{ "dtcm-over", ERANGE, "segment 1: 0x20001 bytes at 0x20000000",
	  ELF(SEG(SEG_DATA, p_memsz, 0x20001)) },
	{ "dtcm-before", ERANGE, "segment 1: 0x1000 bytes at 0x1ffffffc",
	  ELF(SEG(SEG_DATA, p_paddr, 0x1ffffffc)) },
	{ "segment-nowhere", ERANGE, "segment 3: 0x1000 bytes at 0xf0000000",
	  ELF(SEGMENT(0xf0000000, 0x1000)) },
	{ "segment-wrap", ERANGE, "segment 3: 0x2000 bytes at 0xfffff000",
	  ELF(SEGMENT(0xfffff000, 0x2000)) },
	{ "segment-huge", ERANGE, "segment 3: 0xffffffff bytes at 0x80000000",
	  ELF(SEGMENT(0x80000000, 0xffffffff)) },
	{ "segment-in-linux-memory", ERANGE,
	  "segment 3: 0x1000 bytes at 0x40000000 are neither the core's",
	  ELF(SEGMENT(0x40000000, 0x1000)) },
	{ "segment-before-region", ERANGE, "segment 3: 0x8 bytes at 0x7ffffffc",
	  ELF(SEGMENT(0x7ffffffc, 8)) },
	{ "segment-over-ddr-region", ERANGE, "segment 3: 0x1000001 bytes at 0x80000000",
	  ELF(SEGMENT(0x80000000, 0x1000001)) },
	{ "segment-over-two-regions", ERANGE, "segment 3: 0x8 bytes at 0x55007ffc",
	  ELF(SEGMENT(0x55007ffc, 8)) },
	{ "segment-in-ring", EINVAL, "at 0x55000000 are in vdev0vring0, reserved",
	  ELF(SEGMENT(0x55000000, 0x1000)) },
	{ "segment-in-buffer", EINVAL, "at 0x55400000 are in vdev0buffer, reserved",
	  ELF(SEGMENT(0x55400000, 0x1000)) },
	{ "segment-ends-region", 0, NULL, ELF(SEGMENT(0x80fff000, 0x1000)) },
	{ "segment-ends-next", ERANGE, "segment 3: 0x1001 bytes at 0x80fff000",
	  ELF(SEGMENT(0x80fff000, 0x1001)) },
	{ "segments-touch", 0, NULL, ELF(SEGMENT(0x20001000, 0x1000)) },
	{ "segments-overlap", EINVAL, "at 0x20000fff overlap segment 1",
	  ELF(SEGMENT(0x20000fff, 0x1000)) },
	{ "segment-over-region-before", ERANGE, "segment 3: 0x21 bytes at 0x550fefe0 are neither",
	  ELF(SEGMENT(0x550fefe0, 0x21)) },
	{ "segments-overlap-before", EINVAL, "segment 3: 0x1001 bytes at 0x2000f000 overlap segment 1",
	  ELF(SEG(SEG_DATA, p_paddr, 0x20010000), SEGMENT(0x2000f000, 0x1001)) },
	{ "segments-same", EINVAL, "segment 3: 0x40 bytes at 0x0 overlap segment 0",
	  ELF(SEGMENT(0, 0x40)) },
	{ "segment-within", EINVAL, "segment 3: 0x4 bytes at 0x20000800 overlap segment 1",
	  ELF(SEGMENT(0x20000800, 4)) },
	{ "alias", 0, NULL, ELF(SEGMENT(0x11000000, 0x10000)), .board.low = true },
	{ "alias-over", ERANGE, "segment 3: 0x10001 bytes at 0x11000000",
	  ELF(SEGMENT(0x11000000, 0x10001)), .board.low = true },
	{ "alias-overlaps", EINVAL, "at 0x11000ffc overlap segment 1",
	  ELF(SEG(SEG_DATA, p_paddr, 0x41000000), SEGMENT(0x11000ffc, 0x10)),
	  .board.low = true },
	{ "alias-touches", 0, NULL,
	  ELF(SEG(SEG_DATA, p_paddr, 0x41000000), SEGMENT(0x11001000, 0x10)),
	  .board.low = true },

	/* Entry point */
	{ "entry-first", 0, NULL, ELF(SET(ehdr.e_entry, 1)) },
	{ "entry-last", 0, NULL, ELF(SET(ehdr.e_entry, 0x3f)) },
	{ "entry-after", ENOEXEC, "entry point 0x41 is in no", ELF(SET(ehdr.e_entry, 0x41)) },
	{ "entry-in-zeroes", ENOEXEC, "entry point 0x43 is in no",
	  ELF(SET(ehdr.e_entry, 0x43), SEG(SEG_TEXT, p_memsz, 0x80)) },
	{ "entry-in-data", ENOEXEC, "entry point 0x20000001",
	  ELF(SET(ehdr.e_entry, 0x20000001)) },
	{ "entry-nowhere", ENOEXEC, "entry point 0xffffffff",
	  ELF(SET(ehdr.e_entry, 0xffffffff)) },
	{ "no-executable-segment", ENOEXEC, "entry point 0x9 is in no executable",
	  ELF(SEG(SEG_TEXT, p_flags, PF_R)) },

	/* Section headers and names */
	{ "no-sections", 0, NULL,
	  ELF(SET(ehdr.e_shoff, 0), SET(ehdr.e_shnum, 0), SET(ehdr.e_shstrndx, 0)) },
	{ "no-sections-but-names", ENOEXEC, "section names in section 65535 of 0",
	  ELF(SET(ehdr.e_shoff, 0), SET(ehdr.e_shnum, 0), SET(ehdr.e_shstrndx, 0xffff)) },
	{ "4096-sections", 0, NULL, ELF(SET(ehdr.e_shnum, 4096)),
	  .size = FILE_OFF(sh) + 4096 * 40 },
	{ "4097-sections", ENOEXEC, "4097 section headers, expected up to 4096",
	  ELF(SET(ehdr.e_shnum, 4097)), .size = FILE_OFF(sh) + 4097 * 40 },
	{ "section-header-short", ENOEXEC, "section headers of 39 bytes, expected 40",
	  ELF(SET(ehdr.e_shentsize, 39)) },
	{ "section-headers-beyond", ENOEXEC, "5 section headers at 0x",
	  ELF(SET(ehdr.e_shnum, 5)) },
	{ "section-headers-cut", ENOEXEC, "4 section headers at 0x", ELF(), .size = ALL - 1 },
	{ "section-headers-wrap", ENOEXEC, "4 section headers at 0xfffffff0",
	  ELF(SET(ehdr.e_shoff, 0xfffffff0)) },
	{ "names-in-no-section", ENOEXEC, "section names in section 4 of 4",
	  ELF(SET(ehdr.e_shstrndx, 4)) },
	{ "names-empty", ENOEXEC, "section names: 0x0 bytes at 0x",
	  ELF(SEC(SEC_NAMES, sh_size, 0)) },
	{ "names-beyond", ENOEXEC, "section names: 0x28 bytes at 0x",
	  ELF(SEC(SEC_NAMES, sh_offset, ALL - 39)) },
	{ "names-wrap", ENOEXEC, "section names: 0x28 bytes at 0xfffffff0",
	  ELF(SEC(SEC_NAMES, sh_offset, 0xfffffff0)) },
	{ "names-unterminated", ENOEXEC, "section names end with 0x78",
	  ELF(SET(names[39], 'x')) },
	/* ".res" is the last that there is in the file, and the name of all sections */
	{ "names-unterminated-at-end", ENOEXEC, "section names end with 0x73",
	  ELF(SEC(SEC_NAMES, sh_offset, ALL - 4), SEC(SEC_NAMES, sh_size, 4),
	      SEC(SEC_NAMES, sh_entsize, 0x7365722e), SEC(SEC_TEXT, sh_name, 0),
	      SEC(SEC_TABLE, sh_name, 0), SEC(SEC_NAMES, sh_name, 0)) },
	{ "name-last-byte", 0, NULL, ELF(SEC(SEC_TEXT, sh_name, 39)) },
	{ "name-beyond", ENOEXEC, "name of section 1 at 0x28 of 0x28 bytes",
	  ELF(SEC(SEC_TEXT, sh_name, 40)) },
	{ "name-far-beyond", ENOEXEC, "name of section 0 at 0xffffffff",
	  ELF(SEC(SEC_NULL, sh_name, 0xffffffff)) },
	{ "no-table", 0, NULL, ELF(SEC(SEC_TABLE, sh_name, 0)) },

	/* The section of the table */
	{ "table-beyond-file", EINVAL, "the file ends at",
	  ELF(SEC(SEC_TABLE, sh_offset, ALL - 63), SEC(SEC_TABLE, sh_size, 64)) },
	{ "table-offset-wrap", EINVAL, "resource table: 0x40 bytes at 0xfffffff0",
	  ELF(SEC(SEC_TABLE, sh_offset, 0xfffffff0), SEC(SEC_TABLE, sh_size, 64)) },
	{ "table-empty", ERANGE, "resource table: 0x0 bytes at 0x550ff000",
	  ELF(SEC(SEC_TABLE, sh_size, 0)) },
	{ "table-nowhere", ERANGE, "at 0xf0000000 are neither",
	  ELF(SEC(SEC_TABLE, sh_addr, 0xf0000000)) },
	{ "table-in-linux-memory", ERANGE, "at 0x60000000 are neither",
	  ELF(SEC(SEC_TABLE, sh_addr, 0x60000000)) },
	{ "table-in-ring", ERANGE, "at 0x55000000 are neither",
	  ELF(SEC(SEC_TABLE, sh_addr, 0x55000000)) },
	{ "table-in-buffer", ERANGE, "at 0x55400000 are neither",
	  ELF(SEC(SEC_TABLE, sh_addr, 0x55400000)) },
	{ "table-fills-region", 0, NULL, ELF(TABLE_SIZE(0x1000)), .size = ALL + 0x1000 },
	{ "table-over-region", ERANGE, "resource table: 0x1001 bytes at 0x550ff000",
	  ELF(TABLE_SIZE(0x1000), SEC(SEC_TABLE, sh_size, 0x1001)), .size = ALL + 0x1000 },
	{ "table-outside-segments", 0, NULL,
	  ELF(SEC(SEC_TABLE, sh_addr, 0x80800000)) },
	{ "table-over-text", EINVAL, "written over other contents of segment 0",
	  ELF(SEC(SEC_TABLE, sh_addr, 0)) },
	{ "table-over-bss", EINVAL, "written over other contents of segment 1",
	  ELF(SEC(SEC_TABLE, sh_addr, 0x20000800)) },
	{ "table-shifted", EINVAL, "written over other contents of segment 2",
	  ELF(SEC(SEC_TABLE, sh_offset, FILE_OFF(table) + 4)) },
	{ "table-16384", 0, NULL, ELF(TABLE_DA(0x80800000), TABLE_SIZE(16384)),
	  .size = ALL + 0x8000 },
	{ "table-16385", EFBIG, "resource table of 16385 bytes, expected up to 16384",
	  ELF(TABLE_DA(0x80800000), TABLE_SIZE(16385)), .size = ALL + 0x8000 },

	/* The table's header */
	BAD("table-15-bytes", EINVAL, "resource table of 15 bytes, expected 16", TABLE_SIZE(15)),
	GOOD("table-16-bytes", TABLE(num, 0), TABLE_SIZE(16)),
	BAD("version-0", EINVAL, "version 0, expected 1", TABLE(ver, 0)),
	BAD("version-2", EINVAL, "version 2, expected 1", TABLE(ver, 2)),
	BAD("reserved-0", EINVAL, "reserved word 0 is 0x1", TABLE(reserved[0], 1)),
	BAD("reserved-1", EINVAL, "reserved word 1 is 0x80000000",
	    TABLE(reserved[1], 0x80000000)),
	GOOD("no-entries", TABLE(num, 0)),
	GOOD("32-entries", TABLE(num, 32)),
	BAD("33-entries", EFBIG, "33 entries, expected up to 32", TABLE(num, 33)),
	BAD("4g-entries", EFBIG, "4294967295 entries", TABLE(num, 0xffffffff)),
	BAD("entries-cut", EINVAL, "4 entries in 31 bytes", TABLE_SIZE(31)),
	BAD("entries-cut-1", EINVAL, "entry 0 at offset 0x98: beyond the end", TABLE_SIZE(32)),

	/* Entries */
	BAD("entry-unaligned", EINVAL, "entry 1 at offset 0x9a: not a multiple of 4",
	    TABLE(offset[1], 0x9a)),
	BAD("entry-in-header", EINVAL, "entry 0 at offset 0x1c: inside the table's header of 0x20",
	    TABLE(offset[0], 0x1c)),
	BAD("entry-at-0", EINVAL, "entry 2 at offset 0x0: inside", TABLE(offset[2], 0)),
	GOOD("entry-after-header", TABLE(num, 2), TABLE(offset[0], 24), TABLE(offset[1], 28),
	     TABLE(offset[2], 200), TABLE(offset[3], 200)),
	GOOD("entry-at-end", TABLE(offset[3], TABLE_OFF(last)), TABLE(last, 512)),
	BAD("entry-at-the-end", EINVAL, "beyond the end of the table",
	    TABLE(offset[3], sizeof(struct rsc_table))),
	BAD("entry-beyond", EINVAL, "entry 3 at offset 0xfffffffc: beyond the end",
	    TABLE(offset[3], 0xfffffffc)),
	BAD("entry-type-cut", EINVAL, "entry 0 at offset 0x98: beyond the end",
	    ONE(vdev[0], 3)),
	BAD("type-4", EINVAL, "type 4, expected 0 to 3 or a vendor's", TABLE(vendor[0].type, 4)),
	BAD("type-127", EINVAL, "type 127,", TABLE(vendor[0].type, 127)),
	GOOD("type-128", TABLE(vendor[0].type, 128)),
	GOOD("type-512", TABLE(vendor[0].type, 512)),
	BAD("type-513", EINVAL, "type 513,", TABLE(vendor[0].type, 513)),
	BAD("type-max", EINVAL, "type 4294967295,", TABLE(vendor[0].type, 0xffffffff)),
	BAD("devmem", EINVAL, "devmem needs an IOMMU", TABLE(vendor[0].type, 1)),
	BAD("entry-twice", EINVAL, "overlaps entry 0 at 0x98",
	    TABLE(num, 5), TABLE(offset[4], TABLE_OFF(vdev[0])),
	    TABLE(vdev[0].vring[0].notifyid, 0xffffffff),
	    TABLE(vdev[0].vring[1].notifyid, 0xffffffff), RINGS(da, 0xffffffff)),
	BAD("entries-overlap", EINVAL, "entry 3 at offset 0x9c: overlaps entry 0",
	    TABLE(offset[3], 0x9c), TABLE(vdev[0].id, 128)),
	BAD("entry-in-config", EINVAL, "overlaps entry 0",
	    TABLE(offset[3], TABLE_OFF(vdev[0].config[12])), SET(table.vdev[0].config[12], 128)),
	GOOD("entry-after-config",
	     TABLE(offset[3], TABLE_OFF(vdev[0].config[16])), SET(table.vdev[0].config[16], 128)),
	GOOD("vdev-to-end", ONE(vdev[0], 28 + 40 + 16)),
	BAD("vdev-config-cut", EINVAL, "entry 0 at offset 0x98: cut off by the end of the table at 0xeb",
	    ONE(vdev[0], 28 + 40 + 15)),
	BAD("vdev-ring-cut", EINVAL, "cut off by the end of the table at 0xd8",
	    ONE(vdev[0], 28 + 36), TABLE(vdev[0].config_len, 0)),
	BAD("vdev-cut", EINVAL, "cut off by the end of the table at 0xb3", ONE(vdev[0], 27)),
	BAD("vdev-255-rings-cut", EINVAL, "cut off by the end",
	    ONE(vdev[8], 28 + 40 + 16), TABLE(vdev[8].num_of_vrings, 255)),
	BAD("vdev-config-wrap", EINVAL, "cut off by the end",
	    TABLE(vdev[0].config_len, 0xffffffff)),
	GOOD("trace-to-end", ONE(trace, 48)),
	BAD("trace-cut", EINVAL, "cut off by the end", ONE(trace, 47)),
	GOOD("carveout-to-end", ONE(carveout[0], 56)),
	BAD("carveout-cut", EINVAL, "cut off by the end", ONE(carveout[0], 55)),

	/* Carve-outs */
	BAD("carveout-reserved", EINVAL, "carve-out 2: reserved field is 0x1",
	    TABLE(carveout[0].reserved, 1)),
	BAD("carveout-empty", EINVAL, "carve-out 2: length 0", TABLE(carveout[0].len, 0)),
	GOOD("carveout-fills-region", CARVEOUT(0x80000000, 0x1000000)),
	BAD("carveout-over-region", EFBIG, "carve-out 2: 0x1000001 bytes, m7-ddr has 0x1000000",
	    CARVEOUT(0x80000000, 0x1000001)),
	GOOD("carveout-ends-region", CARVEOUT(0x80fff000, 0x1000)),
	BAD("carveout-ends-next", ERANGE, "carve-out 2: 0x1001 bytes at 0x80fff000",
	    CARVEOUT(0x80fff000, 0x1001)),
	BAD("carveout-before-region", ERANGE, "carve-out 2: 0x1000 bytes at 0x7ffff000",
	    CARVEOUT(0x7ffff000, 0x1000)),
	BAD("carveout-wrap", ERANGE, "carve-out 2: 0x2000 bytes at 0xfffff000",
	    CARVEOUT(0xfffff000, 0x2000)),
	BAD("carveout-in-linux-memory", ERANGE, "at 0x48000000 are neither",
	    CARVEOUT(0x48000000, 0x1000)),
	BAD("carveout-in-ring", EINVAL, "carve-out 2: 0x1000 bytes at 0x55000000 are in vdev0vring0",
	    CARVEOUT(0x55000000, 0x1000)),
	BAD("carveout-in-buffer", EINVAL, "carve-out 2: 0x1000 bytes at 0x55400000 are in vdev0buffer",
	    CARVEOUT(0x55400000, 0x1000)),
	BAD("carveout-in-other-region", ERANGE,
	    "carve-out 2: 0x1000 bytes at 0x20010000 are not in m7-ddr",
	    CARVEOUT(0x20010000, 0x1000)),
	{ "carveout-holds-segment", 0, NULL, ELF(SEGMENT(0x80000000, 0x100000)) },
	{ "carveout-over-segment", EINVAL, "at 0x80000000 overlap segment 3",
	  ELF(SEGMENT(0x80000000, 0x100001)) },
	{ "carveout-in-segment", EINVAL, "carve-out 2: 0xfffff bytes at 0x80000001 overlap segment 3",
	  ELF(SEGMENT(0x80000000, 0x100000), CARVEOUT(0x80000001, 0xfffff)) },
	GOOD("carveout-any", CARVEOUT(0xffffffff, 0x1000000)),
	BAD("carveout-any-large", EFBIG, "carve-out 2: 0x1000002 bytes, m7-ddr has",
	    CARVEOUT(0xffffffff, 0x1000002)),
	BAD("carveout-any-huge", EFBIG, "carve-out 2: 0xffffffff bytes, m7-ddr has",
	    CARVEOUT(0xffffffff, 0xffffffff)),
	BAD("carveout-unknown", ERANGE, "carve-out 2: no region of its name, m7-ddrx",
	    TABLE(carveout[0].name[6], 'x')),
	BAD("carveout-no-name", ERANGE, "carve-out 2: no region of its name, ,",
	    TABLE(carveout[0].name[0], 0)),
	BAD("carveout-tcm", ERANGE, "no region of its name, DTCM",
	    TABLE(carveout[0].name[0], 'D'), TABLE(carveout[0].name[1], 'T'),
	    TABLE(carveout[0].name[2], 'C'), TABLE(carveout[0].name[3], 'M'),
	    TABLE(carveout[0].name[4], 0), CARVEOUT(0x20010000, 0x1000)),
	GOOD("carveout-second", SECOND(carveout[1])),
	BAD("carveout-same-name", EINVAL, "carve-out 4: there is one for m7-ddr already",
	    SECOND(carveout[1]), FILL(table.carveout[1].name, 32, 0),
	    TABLE(carveout[1].name[0], 'm'), TABLE(carveout[1].name[1], '7'),
	    TABLE(carveout[1].name[2], '-'), TABLE(carveout[1].name[3], 'd'),
	    TABLE(carveout[1].name[4], 'd'), TABLE(carveout[1].name[5], 'r')),
	BAD("carveout-name-31", ERANGE, "no region of its name, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,",
	    FILL(table.carveout[0].name, 31, 'a')),
	BAD("carveout-name-32", EINVAL, "carve-out 2: name without a terminator in 32 bytes",
	    FILL(table.carveout[0].name, 32, 'a')),
	BAD("carveout-name-percent", EINVAL, "carve-out 2: character 0x25 in its name",
	    TABLE(carveout[0].name[0], '%')),
	BAD("carveout-name-percent-last", EINVAL, "carve-out 4: character 0x25", SECOND(carveout[1]),
	    FILL(table.carveout[1].name, 31, 'a'), TABLE(carveout[1].name[30], '%')),
	BAD("carveout-name-newline", EINVAL, "carve-out 2: character 0x0a",
	    TABLE(carveout[0].name[3], '\n')),

	/* Trace buffers */
	BAD("trace-reserved", EINVAL, "trace 1: reserved field is 0x2", TABLE(trace.reserved, 2)),
	BAD("trace-empty", EINVAL, "trace 1: length 0", TABLE(trace.len, 0)),
	GOOD("trace-ends-dtcm", TABLE(trace.da, 0x2001f000)),
	BAD("trace-over-dtcm", ERANGE, "trace 1: 0x1001 bytes at 0x2001f000",
	    TABLE(trace.da, 0x2001f000), TABLE(trace.len, 0x1001)),
	BAD("trace-in-linux-memory", ERANGE, "trace 1: 0x1000 bytes at 0x48000000",
	    TABLE(trace.da, 0x48000000)),
	BAD("trace-nowhere", ERANGE, "trace 1: 0x1000 bytes at 0xf0000000",
	    TABLE(trace.da, 0xf0000000)),
	BAD("trace-any", ERANGE, "trace 1: 0x1000 bytes at 0xffffffff",
	    TABLE(trace.da, 0xffffffff)),
	BAD("trace-wrap", ERANGE, "trace 1: 0xffffffff bytes at 0x20004000",
	    TABLE(trace.len, 0xffffffff)),
	BAD("trace-in-ring", ERANGE, "trace 1: 0x1000 bytes at 0x55000000",
	    TABLE(trace.da, 0x55000000)),
	BAD("trace-in-buffer", ERANGE, "trace 1: 0x1000 bytes at 0x55400000",
	    TABLE(trace.da, 0x55400000)),
	GOOD("trace-in-carveout", TABLE(trace.da, 0x80000000)),
	GOOD("trace-name-31", FILL(table.trace.name, 31, '~')),
	BAD("trace-name-32", EINVAL, "trace 1: name without a terminator",
	    FILL(table.trace.name, 32, '~')),
	BAD("trace-name-percent", EINVAL, "trace 1: character 0x25", TABLE(trace.name[4], '%')),
	BAD("trace-name-delete", EINVAL, "trace 1: character 0x7f", TABLE(trace.name[0], 0x7f)),
	BAD("trace-name-not-ascii", EINVAL, "trace 1: character 0xe9", TABLE(trace.name[0], 0xe9)),
	BAD("trace-name-32-at-end", EINVAL, "trace 0: name without a terminator",
	    ONE(trace, 48), FILL(table.trace.name, 32, '~')),
	GOOD("trace-name-space", TABLE(trace.name[1], ' ')),

	/* Areas of the project's own: the fault record, the log */
	GOOD("fault-and-log", TABLE(num, 6), TABLE(offset[4], TABLE_OFF(fault)),
	     TABLE(offset[5], TABLE_OFF(log))),
	GOOD("fault-to-end", ONE(fault, 16)),
	BAD("fault-cut", EINVAL, "cut off by the end", ONE(fault, 15)),
	BAD("log-cut", EINVAL, "cut off by the end", ONE(log, 12)),
	BAD("fault-small", EINVAL, "fault record 4: 0x1f bytes, expected 0x20 or more",
	    SECOND(fault), TABLE(fault.len, 31)),
	GOOD("log-16-bytes", SECOND(log), TABLE(log.len, 16)),
	BAD("log-small", EINVAL, "log 4: 0xf bytes, expected 0x10 or more",
	    SECOND(log), TABLE(log.len, 15)),
	BAD("fault-unaligned", EINVAL, "fault record 4: address 0x20005002, expected a multiple of 4",
	    SECOND(fault), TABLE(fault.da, 0x20005002)),
	BAD("log-unaligned", EINVAL, "log 4: address 0x20006001",
	    SECOND(log), TABLE(log.da, 0x20006001)),
	BAD("fault-reserved", EINVAL, "fault record 4: reserved field is 0x1",
	    SECOND(fault), TABLE(fault.reserved, 1)),
	BAD("log-reserved", EINVAL, "log 4: reserved field is 0x80",
	    SECOND(log), TABLE(log.reserved, 0x80)),
	GOOD("fault-ends-dtcm", SECOND(fault), TABLE(fault.da, 0x2001ffe0)),
	BAD("fault-over-dtcm", ERANGE, "fault record 4: 0x20 bytes at 0x2001ffe4",
	    SECOND(fault), TABLE(fault.da, 0x2001ffe4)),
	BAD("log-in-linux-memory", ERANGE, "log 4: 0x1010 bytes at 0x48000000",
	    SECOND(log), TABLE(log.da, 0x48000000)),
	BAD("log-in-ring", ERANGE, "log 4: 0x1010 bytes at 0x55000000",
	    SECOND(log), TABLE(log.da, 0x55000000)),
	BAD("log-wrap", ERANGE, "log 4: 0xfffffff0 bytes at 0x20006000",
	    SECOND(log), TABLE(log.len, 0xfffffff0)),

	/* Virtio devices */
	BAD("vdev-reserved", EINVAL, "vdev 0: reserved field is 0x1",
	    TABLE(vdev[0].reserved[0], 1)),
	BAD("vdev-reserved-high", EINVAL, "vdev 0: reserved field is 0x100",
	    TABLE(vdev[0].reserved[1], 1)),
	BAD("vdev-id-0", EINVAL, "vdev 0: virtio id 0", TABLE(vdev[0].id, 0)),
	BAD("vdev-no-rings", EINVAL, "vdev 0: 0 vrings", TABLE(vdev[0].num_of_vrings, 0)),
	BAD("vdev-no-rings-at-end", EINVAL, "vdev 1: 0 vrings", TABLE(num, 2),
	    TABLE(offset[1], TABLE_OFF(vdev[1])), TABLE(vdev[1].num_of_vrings, 0),
	    TABLE(vdev[1].config_len, 0), TABLE_SIZE(TABLE_OFF(vdev[1]) + 28)),
	BAD("vdev-1-ring", EINVAL, "vdev 0: 1 vrings", TABLE(vdev[0].num_of_vrings, 1)),
	BAD("vdev-3-rings", EINVAL, "vdev 0: 3 vrings", TABLE(vdev[0].num_of_vrings, 3)),
	BAD("console-1-ring", EINVAL, "vdev 4: 1 vrings",
	    SECOND(vdev[1]), TABLE(vdev[1].id, 3), TABLE(vdev[1].num_of_vrings, 1)),
	BAD("console-no-rings", EINVAL, "vdev 4: 0 vrings",
	    SECOND(vdev[1]), TABLE(vdev[1].id, 3), TABLE(vdev[1].num_of_vrings, 0)),
	BAD("console-4-rings", EINVAL, "vdev 4: 4 vrings",
	    SECOND(vdev[1]), TABLE(vdev[1].id, 3), TABLE(vdev[1].num_of_vrings, 4)),
	GOOD("console", SECOND(vdev[1]), TABLE(vdev[1].id, 3)),
	GOOD("vdev-no-config", TABLE(vdev[0].config_len, 0)),
	GOOD("vdev-config-256", TABLE(vdev[0].config_len, 256)),
	BAD("vdev-config-257", EFBIG, "vdev 0: configuration of 257 bytes, expected up to 256",
	    TABLE(vdev[0].config_len, 257)),
	GOOD("8-vdevs", TABLE(num, 8),
	     TABLE(offset[1], TABLE_OFF(vdev[1])), TABLE(offset[2], TABLE_OFF(vdev[2])),
	     TABLE(offset[3], TABLE_OFF(vdev[3])), TABLE(offset[4], TABLE_OFF(vdev[4])),
	     TABLE(offset[5], TABLE_OFF(vdev[5])), TABLE(offset[6], TABLE_OFF(vdev[6])),
	     TABLE(offset[7], TABLE_OFF(vdev[7]))),
	BAD("9-vdevs", EFBIG, "vdev 8: more than 8 virtio devices", TABLE(num, 9),
	    TABLE(offset[1], TABLE_OFF(vdev[1])), TABLE(offset[2], TABLE_OFF(vdev[2])),
	    TABLE(offset[3], TABLE_OFF(vdev[3])), TABLE(offset[4], TABLE_OFF(vdev[4])),
	    TABLE(offset[5], TABLE_OFF(vdev[5])), TABLE(offset[6], TABLE_OFF(vdev[6])),
	    TABLE(offset[7], TABLE_OFF(vdev[7])), TABLE(offset[8], TABLE_OFF(vdev[8]))),

	/* Vrings */
	BAD("ring-0-buffers", EINVAL, "vdev 0 vring 0: 0 buffers", RING(0, num, 0)),
	GOOD("ring-1-buffer", RING(0, num, 1)),
	BAD("ring-3-buffers", EINVAL, "vdev 0 vring 0: 3 buffers", RING(0, num, 3)),
	BAD("ring-255-buffers", EINVAL, "vdev 0 vring 1: 255 buffers", RING(1, num, 255)),
	GOOD("ring-1024-buffers", RINGS(num, 1024)),
	BAD("ring-2048-buffers", EINVAL, "2048 buffers, expected a power of two up to 1024",
	    RING(0, num, 2048)),
	BAD("ring-2g-buffers", EINVAL, "vdev 0 vring 0: 2147483648 buffers",
	    RING(0, num, 0x80000000)),
	{ "ring-fills-region", 0, NULL, { RING(0, num, 1024) }, .board.ring_size = 0x8000 },
	{ "ring-over-region", EFBIG, "for 1024 buffers, vdev0vring0 has 0x7000",
	  { RING(0, num, 1024) }, .board.ring_size = 0x7000 },
	{ "ring-in-3-pages", 0, NULL, { RING(0, num, 256) }, .board.ring_size = 0x3000 },
	{ "ring-in-part-of-a-page", EFBIG, "for 256 buffers, vdev0vring0 has 0x2fff",
	  { RING(0, num, 256) }, .board.ring_size = 0x2fff },
	BAD("ring-align-0", EINVAL, "vdev 0 vring 0: alignment 0, expected 4096",
	    RING(0, align, 0)),
	BAD("ring-align-16", EINVAL, "vring 1: alignment 16,", RING(1, align, 16)),
	BAD("ring-align-8192", EINVAL, "alignment 8192,", RING(0, align, 8192)),
	BAD("notify-id-twice", EINVAL, "vdev 0 vring 1: notify id 5 is taken", RINGS(notifyid, 5)),
	BAD("notify-id-of-other-vdev", EINVAL, "vdev 1 vring 0: notify id 1 is taken",
	    SECOND(vdev[1]), TABLE(vdev[1].vring[0].notifyid, 1)),
	GOOD("notify-id-any", RINGS(notifyid, 0xffffffff)),
	GOOD("ring-address-any", RINGS(da, 0xffffffff)),
	BAD("ring-address-0", ERANGE, "vdev 0 vring 0: address 0x0", RING(0, da, 0)),
	BAD("ring-unaligned", ERANGE, "vdev 0 vring 0: address 0x55000004",
	    RING(0, da, 0x55000004)),
	BAD("ring-later-in-region", ERANGE, "vdev 0 vring 0: address 0x55001000",
	    RING(0, da, 0x55001000)),
	BAD("ring-in-other-ring", ERANGE, "vdev 0 vring 0: address 0x55008000",
	    RING(0, da, 0x55008000)),
	BAD("rings-same", ERANGE, "vdev 0 vring 1: address 0x55000000", RINGS(da, 0x55000000)),
	BAD("ring-in-buffer", ERANGE, "vdev 0 vring 0: address 0x55400000",
	    RING(0, da, 0x55400000)),
	BAD("ring-in-m7-ddr", ERANGE, "vdev 0 vring 1: address 0x80800000",
	    RING(1, da, 0x80800000)),
	BAD("ring-in-linux-memory", ERANGE, "vdev 0 vring 1: address 0x60000000",
	    RING(1, da, 0x60000000)),
	BAD("ring-nowhere", ERANGE, "vdev 0 vring 1: address 0xf0000000",
	    RING(1, da, 0xf0000000)),
	BAD("ring-without-region", ERANGE, "vdev 1 vring 0: address 0x80800000, but no region vdev1vring0",
	    SECOND(vdev[1]), TABLE(vdev[1].vring[0].da, 0x80800000)),
};

const unsigned int num_cases = sizeof(cases) / sizeof(cases[0]);

size_t case_size(const struct test_case *c)
{
	if (!c->size)
		return sizeof(struct image);
	return c->size == -1u ? 0 : c->size;
}

void case_fill(const struct test_case *c, void *file)
{
	static struct image image;
	size_t size = case_size(c);
	unsigned int i, k;

	image_init(&image);
	for (i = 0; i < ARRAY_SIZE(c->change); i++) {
		const struct change *ch = &c->change[i];

		for (k = 0; k < ch->len; k++)
			((u8 *)&image)[ch->offset + k] =
				ch->fill ? ch->value : ch->value >> 8 * k;
	}
	memcpy(file, &image, size < sizeof(image) ? size : sizeof(image));
}
