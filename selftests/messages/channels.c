// SPDX-License-Identifier: GPL-2.0
/*
 * Channels that the device tree describes: one has a driver of the kernel, the sample
 * amp_channel_client, and one a label. See dts/imx8mp-evk-amp-channels.dtso.
 */
#include <limits.h>
#include <sys/stat.h>

#include "amp_harness.h"
#include "statistics.h"

#define CLIENT		"amp_channel_client"
#define NODE		"/proc/device-tree/imx8mp-cm7/channel-1"
#define LABEL		"trouble"

FIXTURE(channels)
{
	int fd;
};

FIXTURE_SETUP(channels)
{
	self->fd = -1;
	if (access(NODE, F_OK))
		SKIP(return, "no " NODE);
	if (amp_module_load(CLIENT))
		SKIP(return, "no module " CLIENT);
}

FIXTURE_TEARDOWN(channels)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
	if (amp_module_loaded(CLIENT))
		EXPECT_EQ(0, amp_module_unload(CLIENT));
}

/* The name of the driver that a channel is bound to, empty if there is none */
static const char *driver_of(const char *channel)
{
	static char real[PATH_MAX];
	char path[300], link[320];

	real[0] = '\0';
	if (stat_channel_path(channel, path, sizeof(path)))
		return "no channel";
	snprintf(link, sizeof(link), "%s/driver", path);
	return realpath(link, real) ? strrchr(real, '/') + 1 : "";
}

static int start(void)
{
	int ret = amp_start(amp_fw_trouble());

	/* which is announced after the other one */
	return ret ? ret : amp_open(AMP_TROUBLE, O_RDWR);
}

static int message(const char *out, char *in, size_t size)
{
	char path[300];
	int ret = stat_channel_path(AMP_ECHO, path, sizeof(path));

	if (!ret)
		ret = amp_attr_write(out, "%s/message", path);
	if (ret)
		return ret;
	return amp_wait_for(amp_attr_read(in, size, "%s/message", path) > 0 &&
			    !strcmp(in, out)) ? 0 : -ETIMEDOUT;
}

TEST_F(channels, driver_has_its_channel)
{
	char path[300], link[320], real[PATH_MAX], in[128];
	int nodes;

	self->fd = start();
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(amp_wait_for(!strcmp(CLIENT, driver_of(AMP_ECHO))));
	ASSERT_EQ(0, stat_channel_path(AMP_ECHO, path, sizeof(path)));
	snprintf(link, sizeof(link), "%s/of_node", path);
	ASSERT_NE(NULL, realpath(link, real));
	EXPECT_STREQ("channel-1", strrchr(real, '/') + 1);
	/* it is no character device */
	EXPECT_EQ(-ENOENT, amp_channel_find(AMP_ECHO, in, sizeof(in)));
	nodes = amp_nodes();
	EXPECT_EQ(1, nodes);

	EXPECT_EQ(0, message("hello", in, sizeof(in)));
	EXPECT_EQ(0, message("and again", in, sizeof(in)));
	EXPECT_EQ(2, stat_channel(AMP_ECHO, "statistics/rx_messages"));
	EXPECT_EQ(14, stat_channel(AMP_ECHO, "statistics/tx_bytes"));
	/* what udev loads a module by */
	EXPECT_LT(0, amp_attr_read(in, sizeof(in), "%s/uevent", path));
	EXPECT_NE(NULL, strstr(in, "linux-amp,sample-client"));
}

TEST_F(channels, driver_that_comes_later)
{
	char in[128];

	ASSERT_EQ(0, amp_module_unload(CLIENT));
	self->fd = start();
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(amp_wait_for(!strcmp("", driver_of(AMP_ECHO))));
	EXPECT_EQ(-ENOENT, amp_channel_find(AMP_ECHO, in, sizeof(in)));
	/* nor do those take it that are there first */
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, amp_module_unload("amp_rpmsg_char"));
	ASSERT_EQ(0, amp_modules_load());
	self->fd = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_STREQ("", driver_of(AMP_ECHO));

	ASSERT_EQ(0, amp_module_load(CLIENT));
	EXPECT_STREQ(CLIENT, driver_of(AMP_ECHO));
	EXPECT_EQ(0, message("late", in, sizeof(in)));
}

/* Who wants the node all the same asks for it, as on any bus. */
TEST_F(channels, character_device_if_asked_for)
{
	char path[300];
	int fd;

	ASSERT_EQ(0, amp_module_unload(CLIENT));
	self->fd = start();
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(amp_wait_for(!stat_channel_path(AMP_ECHO, path, sizeof(path))));
	ASSERT_EQ(0, amp_attr_write("rpmsg_chrdev", "%s/driver_override", path));
	ASSERT_EQ(0, amp_attr_write(strrchr(path, '/') + 1,
				    "/sys/bus/rpmsg/drivers_probe"));
	fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	close(fd);
}

TEST_F(channels, label)
{
	struct rpmsg_endpoint_info info = { .name = AMP_TROUBLE, .src = -1 };
	char node[64], value[64];
	int ctrl;

	self->fd = start();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, amp_channel_find(AMP_TROUBLE, node, sizeof(node)));
	EXPECT_LT(0, amp_attr_read(value, sizeof(value), NODE_CLASS "/%s/label", node));
	EXPECT_STREQ(LABEL, value);
	EXPECT_STREQ("rpmsg_chrdev", driver_of(AMP_TROUBLE));

	/* an endpoint that takes the channel's name doesn't get its label */
	ctrl = node_ctrl_open();
	ASSERT_LE(0, ctrl);
	strcpy(info.name, "endpoint");
	info.dst = 1024;
	ASSERT_EQ(0, ioctl(ctrl, RPMSG_CREATE_EPT_IOCTL, &info));
	ASSERT_EQ(0, amp_channel_wait("endpoint", node, sizeof(node)));
	EXPECT_EQ(-ENOENT, amp_attr_read(value, sizeof(value),
					 NODE_CLASS "/%s/label", node));

	/* nor has a channel one that isn't in the device tree */
	strcpy(info.name, "channel");
	ASSERT_EQ(0, ioctl(ctrl, RPMSG_CREATE_DEV_IOCTL, &info));
	ASSERT_EQ(0, amp_channel_wait("channel", node, sizeof(node)));
	EXPECT_EQ(-ENOENT, amp_attr_read(value, sizeof(value),
					 NODE_CLASS "/%s/label", node));
	close(ctrl);
}

/* References to the nodes are counted by kernels with CONFIG_OF_DYNAMIC only. */
TEST_F_TIMEOUT(channels, come_and_go, 300)
{
	char in[128];
	int i;

	for (i = 0; i < 30; i++) {
		self->fd = start();
		ASSERT_LE(0, self->fd);
		ASSERT_TRUE(amp_wait_for(!strcmp(CLIENT, driver_of(AMP_ECHO))));
		ASSERT_EQ(0, message("hello", in, sizeof(in)));
		close(self->fd);
		self->fd = -1;
		ASSERT_EQ(0, amp_stop());
	}
}

TEST_F(channels, driver_that_refuses_a_message)
{
	char in[128];

	self->fd = start();
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(amp_wait_for(stat_channel(AMP_ECHO, "src") >= 1024));
	ASSERT_TRUE(amp_wait_for(!strcmp(CLIENT, driver_of(AMP_ECHO))));
	ASSERT_EQ(0, stat_raw(self->fd, 1000, 16, 0, stat_channel(AMP_ECHO, "src")));
	EXPECT_TRUE(amp_wait_for(stat_channel(AMP_ECHO,
					      "statistics/rx_refused") == 1000));
	EXPECT_TRUE(amp_wait_for(stat_bus("rx_refused") == 1000));
	EXPECT_EQ(0, message("still there", in, sizeof(in)));
	EXPECT_EQ(1000, stat_channel(AMP_ECHO, "statistics/rx_refused"));
}

AMP_HARNESS_MAIN(amp_fw_trouble())
