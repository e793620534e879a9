"""What people open: maps, tables, documents; no solving."""

from optimiser.outputs.editor import patch_editor
from optimiser.outputs.files import write_comparison, write_patches, write_week
from optimiser.outputs.maps import patch_map, week_map
from optimiser.outputs.offline import OnlineReferenceError, save_page

__all__ = [
    "OnlineReferenceError",
    "patch_editor",
    "patch_map",
    "save_page",
    "week_map",
    "write_comparison",
    "write_patches",
    "write_week",
]
