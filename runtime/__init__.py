"""What any domain needs to run experiments honestly."""
