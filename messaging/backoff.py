"""How long to wait before the next try."""

import random


def backoff(attempt: int, first: float, longest: float) -> float:
    """Seconds before try number `attempt` (from 0): doubling from `first` up to `longest`, half of it at random.

    The jitter keeps agents that lost the same broker from coming back all at once.
    """
    return min(longest, first * 2.0 ** min(attempt, 32)) * random.uniform(0.5, 1.0)
