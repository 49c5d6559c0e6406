"""Plans of studies: searches that start from other studies, the tables, which studies are used."""

import json
from typing import Any

import pytest
import yaml

from tests.finished import ROOT
from tests.provenance.test_plan import CONFIG, SMOKE, X, own_stages, plan_of
from world_models.errors import WorldModelsError
from world_models.provenance import compared
from world_models.provenance.plan import Plan
from world_models.provenance.stages import MEASURES
from world_models.provenance.targets import roots_in_use
from world_models.settings import overlay

COVER = {"controllers": {"evolved_in": "reality", "variants": ["z_h"]}}


def refined(**start: Any) -> dict[str, Any]:
    """Return a study whose search starts from a finished controller."""
    cover = {**COVER, "controller": {"start": {"controller": "tau_1.15", **start}}}
    return {"settings": {"take_cover": cover}}


def test_a_search_may_start_from_another_studys_controller() -> None:
    """The controller depends on the one that the search started from, and so do its scores."""
    warm = {"settings": {"take_cover": {"controller": {"sigma": 0.3}}}}
    plan = plan_of(x=refined(study="y"), y=warm)
    controller = plan.artifact("controllers", X, "take_cover", "z_h")
    start = f"{SMOKE}/studies/y/take_cover/controllers/tau_1.15/model.safetensors"
    assert start in [each.path for each in controller.made_from]
    other = plan_of(
        x=refined(study="y"), y={"settings": {"take_cover": {"controller": {"sigma": 0.4}}}}
    )
    assert (
        other.artifact("evaluation", X, "take_cover", "z_h").digest
        != plan.artifact("evaluation", X, "take_cover", "z_h").digest
    )


def beside(*named: str) -> Plan:
    """Return a plan with a study x, whose tables of successors also show the named controllers."""
    study = {"title": "A study", "settings": {"take_cover": COVER}}
    own = {"successors": {"beside": list(named)}}
    return Plan(overlay(CONFIG, {"studies": {"x": study}, "take_cover": own}))


def test_what_the_tables_of_successors_show() -> None:
    """Tables of successors also show named controllers; a study adds only its own files."""
    plan = beside("tau_1.15", "x/z_h")
    files = compared.files(plan, SMOKE)
    shown = {each for each in files if "/successors/" not in each and "/take_cover/" in each}
    assert {each for each in shown if each.startswith(X)} == {
        f"{X}/take_cover/controllers/z_h/{file}" for file in ("model.json", "fitness.csv")
    } | {f"{X}/take_cover/evaluation/z_h.csv"}
    assert {f"{SMOKE}/take_cover/{file}" for file in (
        "evaluation/tau_1.15.csv", "evaluation/random.csv", "evaluation/experience.csv",
        "vision/model.json", "memory/model.json", "controllers/tau_1.15/fitness.csv",
    )} <= shown  # fmt: skip
    assert not [each for each in shown if "tau_1.00" in each]
    assert roots_in_use(plan, [f"{SMOKE}/successors_tables"]).count(X) == 1
    assert X not in roots_in_use(plan, [f"{SMOKE}/paper_tables"])


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("w/z_h", "no study w with task take_cover"),
        ("x/tau_1.15", "x/tau_1.15: no such controller; there are z_h"),
        ("z_h", "there are tau_0.10"),
    ],
)
def test_a_controller_beside_that_is_none_is_named(named: str, message: str) -> None:
    with pytest.raises(WorldModelsError, match=message):
        compared.files(beside(named), SMOKE)


@pytest.mark.parametrize(
    ("studies", "message"),
    [
        ({"x": refined(study="w")}, "no study w"),
        ({"x": refined(controller="tau_9.00")}, "has no controller tau_9.00"),
        ({"x": refined(study="x")}, "is a cycle"),
        (
            {
                "x": refined(study="y"),
                "y": {"settings": {"take_cover": {"memory": {"mixtures": 1}}}},
            },
            "has another memory than",
        ),
    ],
)
def test_a_start_that_cannot_be_is_named(studies: dict[str, Any], message: str) -> None:
    with pytest.raises(WorldModelsError, match=message):
        plan_of(**studies)


def test_what_only_the_tables_of_all_studies_show() -> None:
    """These measurements are not among the results; a study without changes shares the scale's."""
    plan = plan_of(x={"measures": ["seen", "horizon"], "settings": {"car_racing": {}}})
    assert not {each.stage for each in plan.results(X, "car_racing")} & set(MEASURES)
    measures = plan.measures(X, "car_racing")
    assert {each.stage for each in measures} == {"experience", "seen", "horizon"}
    assert {each.name for each in measures if each.stage == "seen"} == {
        "z",
        "z_hidden",
        "z_h",
        "random",
    }
    assert {each.root for each in measures} == {SMOKE}
    assert {each.stage for each in plan.measures(SMOKE, "car_racing")} == {"experience"}


def test_what_dreamers_see_is_told_apart() -> None:
    plan = plan_of(x={"settings": {"take_cover": {"controllers": {"sees_in_dream": "z"}}}})
    assert own_stages(plan, X, "take_cover") == {
        "controllers", "evaluation", "dream_evaluation", "transfer", "death_prediction",
    }  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> Plan:
    """Return the plan of the repository's own configuration, with all its studies."""
    return Plan(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))


def test_what_stands_beside_successors_is_there(whole: Plan) -> None:
    """The controllers named in config.yaml exist: per task one of the scale and two of studies."""
    for scale in set(whole.scale.values()):
        assert all(
            len(compared.controllers(whole, scale, task)) == 3 for task in whole.tasks(scale)
        )
        tasks = json.loads(compared.sources(whole, scale))
        named = [each["name"] for task in tasks for each in task["beside"]]
        assert named.count("") == 2 and len(set(named)) == 5
        assert compared.roots(whole, scale) <= set(
            roots_in_use(whole, [f"{scale}/successors_tables"])
        )


def test_studies_are_planned_where_they_are_named(whole: Plan) -> None:
    """A plan has the studies that are asked for and those they use results of, but no others."""
    scales = set(whole.scale.values())
    assert set(roots_in_use(whole, ["-n", f"{SMOKE}/paper_tables", "all"])) == scales
    of_smoke = {root for root, scale in whole.scale.items() if scale == SMOKE}
    assert set(roots_in_use(whole, [f"{SMOKE}/studies_tables"])) == scales | of_smoke
    for root in of_smoke - scales:
        found = roots_in_use(whole, ["--target-jobs", f"draw_tables:root={root},tables=tables"])
        results = [each for task in whole.tasks(root) for each in whole.results(root, task)]
        behind = {one.root for each in results for one in each.ancestors()}
        assert {root, *scales} | behind <= set(found) < scales | of_smoke


def test_the_repositorys_studies(whole: Plan) -> None:
    """Every study but cover_population_64 makes results or measurements of its own."""
    for scale in ("results", "results/lab", SMOKE):
        for name, study in whole.settings[scale].studies.items():
            root = f"{scale}/studies/{name}"
            own = {
                each.stage
                for task in whole.tasks(root)
                for each in whole.results(root, task)
                if each.root == root
            }
            assert study.measures or own - {"open_loop"} or name == "cover_population_64", root
            assert study.title and len(whole.tasks(root)) >= 1
