"""Computes the effects of code: what it reads, writes, rebinds and may raise."""

from agents.memory.analysis.statements import Statements


class Analyst(Statements):
    """Effects of the code of one frame (a function, lambda or module)."""
