"""Every rule and figure of a week's plan, stated again; shares nothing with the solver."""
