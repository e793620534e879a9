"""Why a request is not in the plan, and what would help, tried."""
