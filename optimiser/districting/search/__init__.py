"""Finding plans: starts, annealing runs, exact neighbourhoods and the last touch."""
