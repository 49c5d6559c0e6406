"""Make mctx.npz: DeepMind's mctx on random trees. Needs jax and mctx, unlike the project.

    python -m venv /tmp/mctx && /tmp/mctx/bin/pip install jax mctx numpy
    /tmp/mctx/bin/python tests/successors/muzero/make_mctx_reference.py

A model of `STATES` states with random transitions, rewards, values and policies stands in for the
networks. Made with mctx 0.0.71 and jax 0.10.2, in float32 on a CPU.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import mctx
import numpy as np

STATES, ROOTS, DISCOUNT = 300, 24, 0.97
# (actions, simulations, actions considered at the root)
CASES = [(2, 1, 2), (2, 8, 2), (3, 16, 16), (5, 16, 4), (5, 50, 16), (6, 33, 5), (9, 64, 8),
         (4, 12, 1)]  # fmt: skip


def main() -> None:
    """Search each case's trees from all roots at once; write the results to mctx.npz."""
    found: dict[str, np.ndarray] = {}
    for case, (actions, simulations, considered) in enumerate(CASES):
        rng = np.random.default_rng(case)
        following = rng.integers(STATES, size=(STATES, actions)).astype(np.int32)
        rewards = rng.normal(0, 1, (STATES, actions)).astype(np.float32)
        values = rng.normal(0, 3, STATES).astype(np.float32)
        logits = rng.normal(0, 1.5, (STATES, actions)).astype(np.float32)
        roots = rng.integers(STATES, size=ROOTS).astype(np.int32)

        def step(params, key, action, state, tables=(following, rewards, values, logits)):  # type: ignore[no-untyped-def]
            after, paid, worth, policy = (jnp.asarray(each) for each in tables)
            new = after[state, action]
            output = mctx.RecurrentFnOutput(
                reward=paid[state, action],
                discount=jnp.full(state.shape, DISCOUNT),
                prior_logits=policy[new],
                value=worth[new],
            )
            return output, new

        root = mctx.RootFnOutput(
            prior_logits=jnp.asarray(logits[roots]),
            value=jnp.asarray(values[roots]),
            embedding=jnp.asarray(roots),
        )
        output = mctx.gumbel_muzero_policy(
            params=(),
            rng_key=jax.random.PRNGKey(case),
            root=root,
            recurrent_fn=step,
            num_simulations=simulations,
            max_num_considered_actions=considered,
        )
        tree, summary = output.search_tree, output.search_tree.summary()
        completed = jax.vmap(mctx.qtransform_completed_by_mix_value, in_axes=(0, None))(tree, 0)
        arrays = {
            "following": following, "rewards": rewards, "values": values, "logits": logits,
            "roots": roots, "gumbel": tree.extra_data.root_gumbel,
            "action": output.action, "policy": output.action_weights,
            "visits": summary.visit_counts, "value": summary.value, "q": summary.qvalues,
            "completed": completed,
            "node_visits": tree.node_visits, "node_values": tree.node_values,
        }  # fmt: skip
        found |= {f"{case}.{name}": np.asarray(array) for name, array in arrays.items()}
    found["cases"] = np.array(CASES)
    found["discount"] = np.array(DISCOUNT)
    np.savez_compressed(Path(__file__).with_name("mctx.npz"), **found)


if __name__ == "__main__":
    main()
