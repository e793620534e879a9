r"""Patches: contiguous, balanced, compact, with few residents moved and a proven bound.

**Sets.** Blocks i, j = 1..n; units u (blocks that stay together: an estate that
fits, or one block); patches (slots) k = 1..p; E the pairs of neighbouring blocks.

**Variables.** x[u, k] = 1 if unit u is in patch k; c[k, j] = 1 if block j is the
centre of patch k.

**Objective.** Minimise
sum_{i, j, k} walk_cost[i, j] x[unit(i), k] c[k, j] + sum_{k, j} centre_cost[k, j] c[k, j]
+ sum_{i, k} move_cost[i, k] x[unit(i), k].

**Constraints.**

- assignment: sum_k x[u, k] = 1 for each u;
- centre: sum_j c[k, j] = 1 and c[k, j] <= x[unit(j), k]: a patch is served from one of
  its own blocks, so it is never empty;
- balance: lower_k <= sum_u workload_u x[u, k] <= upper_k;
- measures: lower_{k, c} <= sum_u amount_{u, c} x[u, k] <= upper_{k, c} for each further
  measure c; of a distinct one the sum is the number of different labels in the patch;
- allowed: x[u, k] = 0 where a pin, ban or reach limit says so;
- apart: x[u, k] + x[v, k] <= 1 for blocks that may not share a patch;
- contiguity: the blocks of each patch induce a connected subgraph of E.

With equal slots this is the model of Hess, Weaver, Siegfeldt, Whelan and Zitlau
(1965), with contiguity as in Validi, Buchanan and Lykhovyd (2022). The bound is a
Lagrangian relaxation of the assignment constraints (Held and Karp, 1971; Fisher,
1981), see `proof.bounds`; where few choices are left it is closed over whole patches, see
`proof.columns`. Plans come from annealing over flips and swaps (`annealing`) from repaired
current patches and random spanning trees (`construction`).

**Where to look.**

- calls: `allocate`, `evaluate`, `compare`, `explore`, `what_if`;
- `units/`, the problem on units: `instance`, with `further` and `measures` for further rules;
- `impossible/`: `diagnosis`, `joins`, `contradictions`, `boxed_in` before any search;
  `feasibility` proves it, `causes` and `further_causes` say why; `wording`;
- `search/`: `runs` over starts (`construction`, `dealing`, `starts`) and annealing
  (`annealing`: `state`, `moves`, `recombination`), then `neighbourhoods` and `descent`;
- `proof/`: `prover` drives `bounds` (`knapsacks`), `fixing`, then `columns` (`master`,
  `pricing`, `enumeration`, `cover`) or `exact`; `parts` bounds walking, moves and ways;
- the answer: `metrics`, `reasons`, and `checks`, which shares no code with the rest.
  `compiled` says how kernels are compiled.
"""

from optimiser.districting.allocate import allocate_patches
from optimiser.districting.compare import compare_patches
from optimiser.districting.evaluate import evaluate_patches
from optimiser.districting.explore import explore
from optimiser.districting.what_if import what_if

__all__ = ["allocate_patches", "compare_patches", "evaluate_patches", "explore", "what_if"]
