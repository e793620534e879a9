"""A plan mended while its week runs."""
