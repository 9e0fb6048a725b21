// SPDX-License-Identifier: GPL-2.0
/*
 * Names and numbers that tools rely on: the class device of a channel with its
 * name and addresses, and the rpmsg device behind it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "amp_harness.h"

FIXTURE(names)
{
	char node[64];
	char device[PATH_MAX];
};

FIXTURE_VARIANT(names)
{
	const char *channel;
};

FIXTURE_VARIANT_ADD(names, rpmsg_echo) { .channel = AMP_ECHO };
FIXTURE_VARIANT_ADD(names, rpmsg_raw) { .channel = AMP_RAW };

FIXTURE_SETUP(names)
{
	char link[PATH_MAX];

	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	ASSERT_EQ(0, amp_channel_wait(variant->channel, self->node,
				      sizeof(self->node)));
	snprintf(link, sizeof(link), "/sys/class/rpmsg/%s/device", self->node);
	ASSERT_NE(NULL, realpath(link, self->device));
}

FIXTURE_TEARDOWN(names)
{
	EXPECT_EQ(0, amp_stop());
}

/* The class shows an address in decimal, the bus in hexadecimal. */
static int address(const char *node, const char *attr, unsigned int *value)
{
	char buf[32], *end;

	if (amp_attr_read(buf, sizeof(buf), "/sys/class/rpmsg/%s/%s", node,
			  attr) <= 0)
		return -ENOENT;
	*value = strtoll(buf, &end, 10);
	return *end ? -EINVAL : 0;
}

static int bus_address(const char *device, const char *attr, unsigned int *value)
{
	char buf[32], *end;

	if (amp_attr_read(buf, sizeof(buf), "%s/%s", device, attr) <= 0 ||
	    strncmp(buf, "0x", 2))
		return -ENOENT;
	*value = strtoul(buf, &end, 16);
	return *end ? -EINVAL : 0;
}

TEST_F(names, addresses_are_those_of_the_device)
{
	unsigned int src, dst, bus_src, bus_dst;

	ASSERT_EQ(0, address(self->node, "src", &src));
	ASSERT_EQ(0, address(self->node, "dst", &dst));
	ASSERT_EQ(0, bus_address(self->device, "src", &bus_src));
	ASSERT_EQ(0, bus_address(self->device, "dst", &bus_dst));
	EXPECT_EQ(bus_dst, dst);
	EXPECT_NE(UINT_MAX, dst);
	EXPECT_NE(UINT_MAX, src);
	EXPECT_EQ(bus_src, src);
	/* the name service has address 53 on either side */
	EXPECT_NE(53, src);
	EXPECT_NE(53, dst);
}

TEST_F(names, channels_have_addresses_of_their_own)
{
	unsigned int dst, other_dst, src, other_src;
	const char *other;
	char node[64];

	other = strcmp(variant->channel, AMP_RAW) ? AMP_RAW : AMP_ECHO;
	ASSERT_EQ(0, amp_channel_wait(other, node, sizeof(node)));
	EXPECT_STRNE(self->node, node);
	ASSERT_EQ(0, address(self->node, "dst", &dst));
	ASSERT_EQ(0, address(node, "dst", &other_dst));
	EXPECT_NE(dst, other_dst);
	ASSERT_EQ(0, address(self->node, "src", &src));
	ASSERT_EQ(0, address(node, "src", &other_src));
	EXPECT_NE(src, other_src);
}

TEST_F(names, device_is_named_after_channel_and_address)
{
	char buf[64], want[80];
	const char *name = strrchr(self->device, '/') + 1;
	int virtio, src, len;
	unsigned int dst;

	ASSERT_EQ(0, bus_address(self->device, "dst", &dst));
	snprintf(want, sizeof(want), "virtio%%d.%s.%%d.%u%%n", variant->channel,
		 dst);
	len = 0;
	EXPECT_EQ(2, sscanf(name, want, &virtio, &src, &len));
	EXPECT_EQ((int)strlen(name), len) {
		TH_LOG("device is %s", name);
	}

	EXPECT_LT(0, amp_attr_read(buf, sizeof(buf), "%s/name", self->device));
	EXPECT_STREQ(variant->channel, buf);
	EXPECT_LT(0, amp_attr_read(buf, sizeof(buf), "%s/modalias",
				   self->device));
	snprintf(want, sizeof(want), "rpmsg:%s", variant->channel);
	EXPECT_STREQ(want, buf);
}

TEST_F(names, node_has_the_number_of_the_class_device)
{
	char path[80], buf[32];
	unsigned int major, minor;
	struct stat st;

	ASSERT_LT(0, amp_attr_read(buf, sizeof(buf), "/sys/class/rpmsg/%s/dev",
				   self->node));
	ASSERT_EQ(2, sscanf(buf, "%u:%u", &major, &minor));
	snprintf(path, sizeof(path), "/dev/%s", self->node);
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(major, major(st.st_rdev));
	EXPECT_EQ(minor, minor(st.st_rdev));
}

TEST_F(names, all_gone_after_a_stop)
{
	char path[80], node[64];

	snprintf(path, sizeof(path), "/dev/%s", self->node);
	EXPECT_EQ(0, access(path, F_OK));
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(-ENOENT, amp_channel_find(variant->channel, node, sizeof(node)));
	EXPECT_NE(0, access(self->device, F_OK));
	/* by a daemon's hand on some systems, a little later */
	EXPECT_TRUE(amp_wait_for(access(path, F_OK)));
}

AMP_HARNESS_MAIN(amp_fw_echo())
