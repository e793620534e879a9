"""Where each row of a file is, which source said so, and whether that can be right."""
