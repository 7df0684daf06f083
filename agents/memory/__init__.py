"""The memory domain: peak memory in MiB, its profile, its playbook."""
