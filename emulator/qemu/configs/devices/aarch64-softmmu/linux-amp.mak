# The boards of linux-amp, and what puts images into their memories
CONFIG_FSL_IMX8MP_EVK=y
CONFIG_GENERIC_LOADER=y
CONFIG_IMX8MP_AMP=y
