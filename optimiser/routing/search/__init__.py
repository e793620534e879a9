"""The search for routes: compiled ruin-and-recreate, first plans, and the days met joined."""
