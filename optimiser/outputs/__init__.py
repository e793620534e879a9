"""What people open: maps, tables, documents; no solving."""
