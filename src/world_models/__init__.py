"""World Models (Ha & Schmidhuber, 2018), reproduced.

The folders follow the paper's names: `rollouts` records experience, `vision` is V, `memory` is M,
`dream` is M played as an environment, `controller` is C and its evolution, `evaluation` scores
controllers in the reference environments, `paper` makes the tables and figures. `tasks` holds what
differs between CarRacing and Take Cover.
"""
