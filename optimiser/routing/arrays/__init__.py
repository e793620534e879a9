"""A week as integer arrays, and how the kernels that read them are compiled."""
