"""A slow query as a process feels it: a thread of Channels' that waits for the database."""

import time

BLOCK_S = 0.2


def block() -> None:
    """Wait, as the driver waits for a long answer: without holding the interpreter."""
    time.sleep(BLOCK_S)
