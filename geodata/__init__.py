"""The estate's geometry and the files it arrives in."""
