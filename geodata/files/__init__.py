"""The bytes of a file to raw rows or features: its kind, its limits, CSV, Excel, maps."""
