"""Who takes part: router, researcher, setup, runner, and the optimizer of each domain."""
