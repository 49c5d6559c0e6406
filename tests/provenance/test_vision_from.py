"""Studies that use another study's V: what they share with it, and what they make."""

from typing import Any

import pytest

from tests.provenance.test_plan import SMOKE, X, plan_of
from world_models.errors import WorldModelsError


def test_a_study_may_use_anothers_v() -> None:
    """V is neither trained nor changed by the study's own rollouts; everything after it is."""
    task, other = "car_racing", f"{SMOKE}/studies/other"
    plan = plan_of(
        other={"settings": {task: {"vision": {"epochs": 3}}}},
        x={
            "vision_from": "other",
            "settings": {task: {"vision": {"epochs": 3}, "rollouts": {"behaviour": "roaming"}}},
        },
    )
    vision = plan.artifact("vision", X, task)
    assert vision is plan.artifact("vision", other, task)
    assert vision.path == f"{other}/{task}/vision/model.safetensors"
    assert all(each.root == SMOKE for each in vision.made_from)
    shard = plan.artifact("latents", X, task, "0000")
    assert [each.root for each in shard.made_from] == [other, X]
    assert plan.artifact("memory", X, task).root == X
    with pytest.raises(WorldModelsError, match=f"shared with {other}"):
        plan.own("vision", X, task)
    assert plan.behind(X) == {X, other, SMOKE}


def test_rollouts_are_shared_with_the_study_whose_v_is_used() -> None:
    """With more episodes, the first shards and their latents are that study's."""
    task = "car_racing"
    roaming: dict[str, Any] = {"rollouts": {"behaviour": "roaming"}}
    more = 3 * plan_of().experiment(SMOKE, task).shards.episodes
    plan = plan_of(
        other={"vision_from": "scale", "settings": {task: roaming}},
        x={"vision_from": "other", "settings": {task: {**roaming, "shards": {"episodes": more}}}},
    )
    known = plan.names("rollouts", f"{SMOKE}/studies/other", task)[:-1]
    for stage in ("rollouts", "latents"):
        roots = [plan.artifact(stage, X, task, n).root for n in plan.names(stage, X, task)]
        assert roots[: len(known)] == [f"{SMOKE}/studies/other"] * len(known)
        assert roots[-1] == X and len(roots) > 2 * len(known)
    assert plan.artifact("vision", X, task).root == SMOKE
    assert plan.artifact("memory", X, task).root == X


def test_a_round_that_keeps_v_encodes_new_rollouts_only() -> None:
    task, known = "car_racing", {"rollouts": {"car_racing": {"controller": "z_h", "episodes": 8}}}
    plan = plan_of(x={"vision_from": "scale", "after": known})
    shards = plan.artifact("memory", X, task).made_from
    assert [each.root for each in shards if each.name.startswith("x-")] == [X]
    assert {each.root for each in shards if not each.name.startswith("x-")} == {SMOKE}
    vision = plan.artifact("seen", X, task, "random").made_from[0]
    assert vision.root == SMOKE
