"""What agents say to each other, and how it surely arrives. Knows nothing of memory or git."""
