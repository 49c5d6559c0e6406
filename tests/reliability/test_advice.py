"""Errors name the command that repairs the result."""

import pytest

from tests.finished import ROOT
from world_models.provenance.plan import Plan
from world_models.provenance.targets import check_targets
from world_models.stage.advice import with_command
from world_models.storage.yaml_file import read_config

MODEL = "results/lab/car_racing/vision/model.safetensors"
SCORES = "results/lab/take_cover/evaluation/tau_1.15.csv"

STORE = "results/lab/take_cover/latents/0003.zarr"
ROLLOUTS = "results/lab/take_cover/rollouts/0003.json"
LOG = "results/lab/car_racing/controllers/z_h/fitness.jsonl"


@pytest.mark.parametrize(
    ("fault", "command"),
    [
        (f"{SCORES}: missing; run the stage that makes it", f"snakemake --cores 1 {SCORES}"),
        (f"{SCORES}: truncated in line 3; delete it and run its stage again",
         f"rm -f {SCORES} && snakemake --cores 1 {SCORES}"),
        (f"{MODEL}: content differs from the digest in model.json; fetch or train it anew",
         f"rm -f {MODEL} && snakemake --cores 1 {MODEL}"),
        (f"{STORE}: mu has values that are not finite; recreate the store",
         f"rm -r {STORE} && snakemake --cores 1 {STORE}"),
        (f"{ROLLOUTS}: the manifest lacks 'played'; record the rollouts again",
         f"rm -f {ROLLOUTS} && snakemake --cores 1 {ROLLOUTS}"),
        (f"{LOG}: missing or empty; evolve the controller anew",
         f"rm -f {LOG} && snakemake --cores 1 {LOG}"),
        (f"{MODEL}: first frames (2, 3) do not fit latent_size 4; retrain it",
         f"rm -f {MODEL} && snakemake --cores 1 {MODEL}"),
        (f"{MODEL}: not readable (cut off); make it again",
         f"rm -f {MODEL} && snakemake --cores 1 {MODEL}"),
        (f"{MODEL}: not readable (No such file or directory); make it anew",
         f"snakemake --cores 1 {MODEL}"),
    ],
)  # fmt: skip
def test_a_result_to_be_made_anew(fault: str, command: str) -> None:
    """The error names a command for a path that Snakemake knows, still on one line."""
    message = with_command(fault)
    assert message == f"{fault}: {command}" and "\n" not in message
    plan = Plan(read_config(ROOT / "config.yaml"))
    assert check_targets(plan, command.split()) == ["results/lab"]


@pytest.mark.parametrize(
    "fault",
    [
        "config.yaml: car_racing.vision.epochs: must be at least 1",
        f"{SCORES}: score in line 3 is 'nan'; find out why before running its stage again",
        "--tasks: no task in the list; name at least one",
        "other/place/model.safetensors: missing; run the stage that makes it",
    ],
)
def test_other_errors_stay_as_they_are(fault: str) -> None:
    """Errors stay unchanged if no single command helps or the path is not a result."""
    assert with_command(fault) == fault
