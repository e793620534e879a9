"""Proving: the Lagrangian bound, and small problems closed over whole patches or by SCIP."""
