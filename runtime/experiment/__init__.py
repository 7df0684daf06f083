"""The domain-neutral experiment loop: journal, fold, policy, views."""
