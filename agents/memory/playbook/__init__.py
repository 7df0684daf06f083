"""Memory fixes without a model: one file a rule."""
