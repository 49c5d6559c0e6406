"""Studies: what they share, what they make, and how rounds of training follow one another."""

from typing import Any

import pytest
import yaml

from tests.finished import ROOT, without_studies
from world_models.errors import WorldModelsError
from world_models.provenance import shown
from world_models.provenance.artifact import Artifact
from world_models.provenance.plan import Plan
from world_models.provenance.stages import MEASURES, STAGES, SUCCESSORS
from world_models.settings import overlay

CONFIG = without_studies(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
SMOKE = "results/smoke"
X = f"{SMOKE}/studies/x"


def plan_of(**studies: dict[str, Any]) -> Plan:
    """Return the checked plan of a configuration with these studies."""
    named = {name: {"title": "A study", **study} for name, study in studies.items()}
    plan = Plan(overlay(CONFIG, {"studies": named}))
    for root in plan.settings:
        plan.check(root)
    return plan


def rounds(**more: Any) -> Plan:
    """Plan three rounds of iterative training: second after the scale, third after second, etc."""

    def by(episodes: int, noise: float = 0.0) -> dict[str, Any]:
        return {"car_racing": {"controller": "z_h", "episodes": episodes, "noise": noise}}

    return plan_of(
        second={"after": {"rollouts": by(20)}},
        third={"after": {"study": "second", "rollouts": by(8, 0.1)}},
        fourth={"after": {"study": "third", "rollouts": by(5)}, **more},
    )


def own_stages(plan: Plan, root: str, task: str) -> set[str]:
    """Return the stages whose results in a task's tables are the root's own, not shared."""
    return {each.stage for each in shown.results(plan, root, task) if each.root == root}


def all_made(plan: Plan, root: str, task: str) -> set[str]:
    """Return the same, including the stages from which these were made."""
    results = shown.results(plan, root, task)
    return {each.stage for one in results for each in one.ancestors() if each.root == root}


EVERYTHING = {*STAGES} - {"controller_rollouts", *MEASURES, *SUCCESSORS}
RACING = EVERYTHING - {"dream_evaluation", "death_prediction", "open_loop"}
OF_M = {"memory", "controllers", "evaluation", "transfer"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"memory": {"epochs": 30}}, OF_M),
        ({"vision": {"epochs": 3}}, OF_M | {"vision", "latents"}),
        ({"controller": {"sigma": 0.3}}, OF_M - {"memory"}),
        ({"evaluation": {"episodes": 7}}, {"evaluation", "random_policy"}),
        ({"transfer": {"episodes": 7}}, {"transfer"}),
        ({"environment": {"max_steps": 90}}, RACING),
        ({"rollouts": {"behaviour": "held"}}, RACING - {"random_policy"}),
        ({"shards": {"episodes": 24}}, RACING - {"random_policy"}),
        # A result that is not shown is not made; a change without effect makes nothing.
        ({"controllers": {"variants": ["z"]}}, set()),
        ({"death_prediction": {"episodes": 9}, "open_loop": {"episodes": 9}}, set()),
        # Values that equal the scale's.
        ({"memory": {"epochs": 10}, "controller": {"sigma": 0.1}}, set()),
    ],
)
def test_what_a_study_makes(changes: dict[str, Any], expected: set[str]) -> None:
    """A change of one section makes only the stages that depend on it; the scale has the rest."""
    plan = plan_of(x={"settings": {"car_racing": changes}})
    assert plan.tasks(X) == ["car_racing"]
    assert all_made(plan, X, "car_racing") == expected
    others = [each.root for each in shown.results(plan, X, "take_cover")]
    assert set(others) == {SMOKE}


def test_a_temperature_more() -> None:
    """Another temperature makes one controller and its measurements; the rest is the scale's."""
    temperatures = [0.1, 0.5, 1.0, 1.15, 1.3, 1.155]
    study = {"settings": {"take_cover": {"controllers": {"temperatures": temperatures}}}}
    plan = plan_of(x=study)
    own = [each for each in shown.results(plan, X, "take_cover") if each.root == X]
    assert {(each.stage, each.name) for each in own} == {
        *((stage, "tau_1.155") for stage in ("controllers", "evaluation", "dream_evaluation")),
        *((stage, "tau_1.155") for stage in ("transfer", "death_prediction")),
        ("open_loop", ""),
    }


def test_z_does_not_depend_on_m() -> None:
    """A study of M shares the controllers that see z alone."""
    plan = plan_of(x={"settings": {"car_racing": {"memory": {"epochs": 30}}}})
    names = ("z", "z_hidden", "z_h")
    roots = [plan.artifact("evaluation", X, "car_racing", name).root for name in names]
    assert roots == [SMOKE, SMOKE, X]


def test_more_episodes_share_the_shards_that_stay() -> None:
    plan = plan_of(x={"settings": {"car_racing": {"shards": {"episodes": 24}}}})
    shards = [*plan.training(X, "car_racing"), plan.held_out(X, "car_racing")]
    # The scale's held-out shard has 4 episodes, so the study can't share it.
    assert [(each.name, each.root) for each in shards] == [
        ("0000", SMOKE), ("0001", SMOKE), ("0002", X), ("0003", X),
    ]  # fmt: skip


def test_every_scale_has_the_study() -> None:
    plan = plan_of(x={"settings": {"car_racing": {"memory": {"hidden_size": 64}}}})
    for scale in ("results", "results/lab", "results/smoke"):
        assert own_stages(plan, f"{scale}/studies/x", "car_racing") == OF_M


def test_a_study_of_the_seed_makes_everything() -> None:
    """A study of the seed names no task, so it shows the paper's two."""
    plan = plan_of(x={"settings": {"seed": 2}})
    assert plan.tasks(X) == ["car_racing", "take_cover"]
    assert all_made(plan, X, "car_racing") == RACING
    assert all_made(plan, X, "take_cover") == EVERYTHING


def test_a_study_may_move_the_evolution_into_the_dream() -> None:
    """Such a study makes its own controllers and shares V and M."""
    plan = plan_of(x={"settings": {"car_racing": {"controllers": {"evolved_in": "dream"}}}})
    own = {"controllers", "evaluation", "dream_evaluation", "transfer", "open_loop"}
    assert own_stages(plan, X, "car_racing") == own
    assert plan.names("death_prediction", X, "car_racing") == []  # its M predicts no death


def test_three_rounds() -> None:
    """Each round adds rollouts of the controller before it, and shares all earlier rollouts."""
    plan, task = rounds(), "car_racing"
    roots = [f"{SMOKE}/studies/{name}" for name in ("second", "third", "fourth")]
    assert plan.rounds(roots[2]) == [SMOKE, *roots]
    behaviours = [f"{SMOKE}/{task}/rollouts/{n:04d}.json" for n in range(2)]
    added = [
        *(f"{roots[0]}/{task}/rollouts/second-{n:04d}.json" for n in range(3)),
        f"{roots[1]}/{task}/rollouts/third-0000.json",
        f"{roots[2]}/{task}/rollouts/fourth-0000.json",
    ]
    for number, (root, shards) in enumerate(zip(roots, (3, 4, 5), strict=True)):
        vision, memory = plan.artifact("vision", root, task), plan.artifact("memory", root, task)
        held_out = f"{SMOKE}/{task}/rollouts/0002.json"
        assert vision.path == f"{root}/{task}/vision/model.safetensors"
        assert [each.path for each in vision.made_from] == [
            *behaviours, *added[:shards], held_out,
        ]  # fmt: skip
        assert {each.root for each in memory.made_from} == {root}  # V is new: encode all again
        assert len(memory.made_from) == shards + 3
        shard = plan.artifact("controller_rollouts", root, task, f"{root.split('/')[-1]}-0000")
        before = [SMOKE, *roots][number]
        assert [each.path for each in shard.made_from] == [
            f"{before}/{task}/controllers/z_h/model.safetensors",
            f"{before}/{task}/vision/model.safetensors",
            f"{before}/{task}/memory/model.safetensors",
        ]
        assert plan.artifact("random_policy", root, task).root == SMOKE
        assert plan.tasks(root) == [task]
    assert plan.played_by_controller(roots[0], task, "second-0002") == (16, 4, 0.0)
    assert plan.played_by_controller(roots[1], task, "third-0000") == (0, 8, 0.1)


def test_a_round_may_share_an_earlier_rounds_results() -> None:
    """A later study shares V and M with an earlier round if they are the same."""
    cover = {"take_cover": {"controller": "tau_1.15", "episodes": 8}}
    plan = plan_of(
        second={"after": {"rollouts": {"car_racing": {"controller": "z_h", "episodes": 8}}}},
        x={
            "after": {"study": "second", "rollouts": cover},
            "settings": {"car_racing": {"controller": {"sigma": 0.3}}},
        },
    )
    assert plan.artifact("vision", X, "car_racing").root == f"{SMOKE}/studies/second"
    assert plan.artifact("memory", X, "car_racing").root == f"{SMOKE}/studies/second"
    assert plan.artifact("controllers", X, "car_racing", "z_h").root == X
    assert plan.artifact("vision", X, "take_cover").root == X
    assert plan.tasks(X) == ["car_racing", "take_cover"]


def provenance(result: Artifact) -> list[str]:
    return [line for line in result.provenance() if not line.startswith(("code ", "pin "))]


@pytest.mark.parametrize(
    "change",
    [
        {"rollouts": {"car_racing": {"controller": "z", "episodes": 8, "noise": 0.1}}},
        {"rollouts": {"car_racing": {"controller": "z_h", "episodes": 9, "noise": 0.1}}},
        {"rollouts": {"car_racing": {"controller": "z_h", "episodes": 8, "noise": 0.2}}},
        {"study": None},
    ],
)
def test_who_plays_for_a_round_counts_for_what_follows(change: dict[str, Any]) -> None:
    """V and everything after it depend on who played, even after the shards are deleted."""
    root = f"{SMOKE}/studies/third"
    before = rounds()
    known = before.settings[SMOKE].studies
    studies = {name: known[name].model_dump(exclude_none=True) for name in ("second", "third")}
    after = plan_of(**overlay(studies, {"third": {"after": change}}))
    for stage in ("vision", "memory", "controllers", "transfer"):
        name = "z_h" if stage in ("controllers", "transfer") else ""
        old = before.artifact(stage, root, "car_racing", name)
        new = after.artifact(stage, root, "car_racing", name)
        assert provenance(old) != provenance(new)
        assert old.digest != new.digest


def test_a_later_round_changes_nothing_of_an_earlier_one() -> None:
    plans = rounds(), rounds(settings={"car_racing": {"vision": {"epochs": 7}}})
    for name in ("second", "third"):
        root = f"{SMOKE}/studies/{name}"
        old, new = (plan.artifact("controllers", root, "car_racing", "z_h") for plan in plans)
        assert old.provenance() == new.provenance()


def test_settings_of_another_root_are_marked() -> None:
    plan = plan_of(x={"settings": {"car_racing": {"controller": {"sigma": 0.3}}}})
    lines = plan.artifact("controllers", X, "car_racing", "z_h").provenance()
    assert any(line.startswith("controller {") for line in lines)
    assert any(line.startswith(f"{SMOKE}: vision {{") for line in lines)
    assert "seed 1" in lines and f"{SMOKE}: seed 1" in lines


def by(controller: str, task: str = "car_racing") -> dict[str, Any]:
    return {"rollouts": {task: {"controller": controller, "episodes": 4}}}


@pytest.mark.parametrize(
    ("studies", "message"),
    [
        ({"x": {"after": {"study": "y", **by("z")}}}, "studies.x: after.study: no study y"),
        (
            {
                "x": {"after": {"study": "y", **by("z")}},
                "y": {"after": {"study": "x", **by("z")}},
            },
            "x ← y ← x is a cycle",
        ),
        ({"x": {"after": {"study": "x", **by("z")}}}, "x ← x is a cycle"),
        ({"x": {"settings": {"pong": {}}}}, "studies.x: pong: no such task"),
        ({"x": {"after": by("z", "pong")}}, "studies.x: pong: no such task"),
        (
            {"x": {"after": by("tau_1.00")}},
            "studies.x.after.rollouts.car_racing.controller: results has no controller tau_1.00; "
            "it has z, z_hidden, z_h",
        ),
        ({"x": {"settings": {"car_racing": {"vision": {"epoch": 3}}}}}, "vision.epoch: unknown"),
        ({"x": {"after": {**by("z"), "rollouts": {}}}}, "studies.x.after.rollouts"),
        ({"x y": {}}, "'x y' is not a valid folder name"),
        ({"x": {"after": {"rollouts": {"car_racing": {"controller": "z", "episodes": 2_000_000}}}}},
         "more than 9999 shards"),
        ({"x": {"vision_from": "y"}}, "studies.x: vision_from: no study y"),
        ({"x": {"vision_from": "x"}}, "vision_from: x ← x is a cycle"),
        (
            {"x": {"vision_from": "y"}, "y": {"after": {"study": "x", **by("z")}}},
            "x ← y ← x is a cycle",
        ),
        (
            {"x": {"vision_from": "scale", "settings": {"car_racing": {"vision": {"epochs": 3}}}}},
            "studies.x.vision_from: car_racing.vision differs from that of results",
        ),
        ({"scale": {}}, "scale is taken"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_study_is_named(studies: dict[str, Any], message: str) -> None:
    with pytest.raises(WorldModelsError) as error:
        plan_of(**studies)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_tables_show_where_shared_results_lie() -> None:
    plan = plan_of(x={"settings": {"car_racing": {"memory": {"epochs": 30}}}})
    (source,) = yaml.safe_load(shown.sources(plan, X, ["car_racing"]))
    assert source["controllers"] == ["z", "z_hidden", "z_h"]
    paths = source["paths"]
    assert paths["vision/model.safetensors"] == f"{SMOKE}/car_racing/vision/model.safetensors"
    assert paths["evaluation/examples.zarr"] == f"{SMOKE}/car_racing/evaluation/examples.zarr"
    assert paths["evaluation/z.csv"] == f"{SMOKE}/car_racing/evaluation/z.csv"
    assert not {"memory/model.safetensors", "evaluation/z_h.csv"} & set(paths)
    for path in paths.values():
        assert path.startswith(f"{SMOKE}/car_racing/")


def test_tables_read_v_m_and_c() -> None:
    """The tables need V, M and C, so a missing one is noticed though the page doesn't quote it."""
    files = shown.files(plan_of(), SMOKE, "take_cover")
    for part in ("vision", "memory", "controllers/tau_1.15"):
        assert f"{SMOKE}/take_cover/{part}/model.safetensors" in files
    assert shown.stores(plan_of(), SMOKE, "take_cover") == [
        f"{SMOKE}/take_cover/evaluation/examples.zarr"
    ]
