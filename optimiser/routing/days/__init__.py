"""Days as orders of tasks and as timed routes, and what they are worth."""
