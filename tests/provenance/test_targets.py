"""Results requested by name: a mistake is reported before anything runs."""

import pytest

from tests.finished import ROOT
from tests.provenance.test_plan import SMOKE, X, plan_of, rounds
from world_models.errors import WorldModelsError
from world_models.provenance import shown
from world_models.provenance.targets import check_targets


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("results/smok/paper_tables", "no scale or task smok in config.yaml"),
        (f"{SMOKE}/pong/tables", "no scale or task pong"),
        (f"{SMOKE}/studies/y/tables", "no study 'y' in config.yaml; there are x"),
        (f"{SMOKE}/car_racing/controllers/tau_1.00/model.json", "there are z, z_hidden, z_h"),
        (f"{SMOKE}/take_cover/evaluation/tau_1.2.dream.csv", "there are tau_0.10, tau_0.50"),
        (f"{SMOKE}/car_racing/evaluation/open_loop.csv", "nothing in config.yaml asks for it"),
        (
            f"{SMOKE}/car_racing/successors/ppo/futures.safetensors",
            "there are planet, dreamer_1, dreamer_2, dreamer_3, muzero",
        ),
        ("results/car_racing/rollouts/0101.zarr", "there are 0000 to 0100"),
        (f"{SMOKE}/car_racing/latents/x-0000.json", "nothing in config.yaml asks for it"),
        (
            f"{X}/car_racing/memory/curve.csv",
            f"ask for {SMOKE}/car_racing/memory/model.safetensors",
        ),
        (f"{X}/car_racing/rollouts/0000.zarr", f"ask for {SMOKE}/car_racing/rollouts/0000.json"),
        (str(ROOT / SMOKE / "paper_tables"), f"relative to this folder: {SMOKE}/paper_tables"),
        ("/elsewhere/results/smoke/paper_tables", "not in this folder"),
    ],
)
def test_a_mistake_in_a_target_is_named(
    monkeypatch: pytest.MonkeyPatch, target: str, message: str
) -> None:
    monkeypatch.chdir(ROOT)
    plan = plan_of(x={"settings": {"car_racing": {"controller": {"sigma": 0.3}}}})
    with pytest.raises(WorldModelsError) as error:
        check_targets(plan, ["-n", "--cores", "2", target])
    assert str(error.value).startswith(target.rpartition("/")[0])
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_no_target_is_refused_that_can_be_made() -> None:
    """Every file of every result is accepted, and so are arguments that are not results."""
    plan = rounds()
    files = [
        file
        for root in plan.settings
        if not root.startswith("results/studies")
        for task in plan.tasks(root)
        for result in shown.results(plan, root, task)
        for each in result.ancestors()
        for file in each.outputs
    ]
    assert len(set(files)) > 500
    check_targets(plan, [*dict.fromkeys(files), "all", "-n", "results", "/tmp/x.yaml", "x/results"])
    check_targets(plan, [f"{SMOKE}/paper_tables", f"{SMOKE}/studies/third/tables", "--", "train"])
    # The form in which cluster jobs request them.
    check_targets(plan, [f"{SMOKE}/paper_tables.drawn", f"{SMOKE}/car_racing/tables.drawn"])
