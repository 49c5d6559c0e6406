"""Films by rules: all of a task's, made once, and made anew only after what they show."""

from pathlib import Path

import av
import pytest
from PIL import Image

from tests.finished import copy, edit_config, planned, run, snakemake

TARGET = "results/smoke/take_cover/films/all"
FILMS = ("tau_1.00", "tau_1.15", "tau_1.00.dream", "tau_1.15.dream", "temperatures", "latents")
SIZES = {"game": (130 * 4, 64 * 4), "dream": (64 * 4, 64 * 4)}
SIZES |= {"temperatures": (196 * 3, 64 * 3), "latents": (526, 526)}


@pytest.mark.slow
def test_films_of_a_task(finished: Path, tmp_path: Path) -> None:
    tree = copy(finished, tmp_path / "tree")
    snakemake(tree, "--cores", "2", TARGET)
    for name in FILMS:
        path = tree / f"results/smoke/take_cover/films/{name}.gif"
        kind = name if name in SIZES else "dream" if name.endswith("dream") else "game"
        with Image.open(path) as gif:
            assert gif.size == SIZES[kind], name
            assert gif.n_frames > 3 or kind in ("dream", "temperatures"), name  # M is tiny: all die
        with av.open(str(path.with_suffix(".mp4"))) as film:
            frames = list(film.decode(video=0))
            assert film.streams.video[0].codec.name == "h264"
        assert len(frames) >= gif.n_frames and frames[0].width - gif.size[0] in (0, 1), name
    assert planned(tree, TARGET) == {} == planned(tree)  # tables show no films
    # Another temperature is two more films; another V, what follows from it, and all films.
    temperatures = {"temperatures": [1.0, 1.15, 1.3]}
    edit_config(tree, {"scales": {"smoke": {"take_cover": {"controllers": temperatures}}}})
    more = {"evolve_controller": 1, "film_game": 1, "film_dream": 1, "films": 1}
    assert planned(tree, TARGET) == more
    edit_config(tree, {"scales": {"smoke": {"take_cover": {"vision": {"epochs": 2}}}}})
    again = planned(tree, TARGET)
    assert (again["film_game"], again["film_dream"], again["train_vision"]) == (3, 3, 1)
    assert again["film_temperatures"] == again["film_latents"] == 1


def test_the_report(finished: Path, tmp_path: Path) -> None:
    """`make report`: one file with tables, figures and runtimes; of published results, too."""
    tree = copy(finished, tmp_path / "tree")
    target = "results/smoke/report.html"
    snakemake(tree, "--cores", "1", "--report", target, "results/smoke/paper_tables")
    whole = (tree / target).read_text(encoding="utf-8")
    assert "Tables and figures" in whole and "Ha and Schmidhuber" in whole
    assert "evolve_controller" in whole  # runtimes, by rule
    for each in (".snakemake", "results/smoke/take_cover/rollouts"):
        run("rm", "-r", each, cwd=tree)
    (tree / target).unlink()
    snakemake(tree, "--cores", "1", "--report", target, "results/smoke/paper_tables")
    assert "Tables and figures" in (tree / target).read_text(encoding="utf-8")
