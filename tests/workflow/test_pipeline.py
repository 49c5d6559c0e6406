"""After the whole pipeline has run in a fresh clone, all is there and nothing is left to do."""

import csv
from pathlib import Path

import pytest

from tests.finished import TARGET, planned

COLUMNS = {
    "car_racing": "variant,paper_mean,paper_std,mean,std,ci_low,ci_high,episodes",
    "take_cover": (
        "temperature,paper_virtual_mean,paper_virtual_std,paper_actual_mean,paper_actual_std,"
        "virtual_mean,virtual_std,actual_mean,actual_std,actual_ci_low,actual_ci_high,episodes"
    ),
    "parameters": "task,component,paper,ours",
}
FIGURES = [
    *(
        f"{figure}_{task}"
        for figure in ("reconstructions", "film_strip", "next_frames", "evolution", "histograms")
        for task in ("car_racing", "take_cover")
    ),
    "temperatures_take_cover",
]


def rows(tree: Path, table: str) -> dict[str, dict[str, str]]:
    """Return a table's rows, keyed by the first column."""
    with (tree / TARGET / f"{table}.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    return {next(iter(line.values())): line for line in lines}


@pytest.mark.parametrize("table", COLUMNS)
def test_tables(finished: Path, table: str) -> None:
    """Each table has its columns, and exists in every format."""
    text = (finished / TARGET / f"{table}.csv").read_text()
    assert text.splitlines()[0] == COLUMNS[table]
    for suffix in ("md", "tex"):
        assert (finished / TARGET / f"{table}.{suffix}").stat().st_size


def test_scores_are_ours(finished: Path) -> None:
    """Rows that were run have numbers; quoted rows leave our columns empty."""
    racing = rows(finished, "car_racing")
    assert list(racing)[:4] == ["dqn", "a3c_continuous", "a3c_discrete", "ceobillionaire"]
    assert all(racing[name]["mean"] == "" for name in list(racing)[:4])
    assert [racing[name]["episodes"] for name in ("random", "z", "z_h")] == ["2", "2", "2"]
    cover = rows(finished, "take_cover")
    assert {"1.00", "1.15", "random", "gym_leader"} == set(cover)
    assert all(float(cover[tau]["virtual_mean"]) >= 1 for tau in ("1.00", "1.15"))
    assert all(float(cover[tau]["actual_mean"]) > 1 for tau in ("1.00", "1.15", "random"))
    # The mean is that of the evaluation's rows.
    with (finished / "results/smoke/car_racing/evaluation/z.csv").open(newline="") as file:
        scores = [float(line["score"]) for line in csv.DictReader(file)]
    assert float(racing["z"]["mean"]) == pytest.approx(sum(scores) / len(scores), abs=1e-5)


@pytest.mark.parametrize("figure", FIGURES)
def test_figures(finished: Path, figure: str) -> None:
    """Each figure exists as PNG and SVG."""
    folder = finished / TARGET / "figures"
    assert (folder / f"{figure}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "<svg" in (folder / f"{figure}.svg").read_text()


def test_the_page_needs_nothing_else(finished: Path) -> None:
    """The page is one file that loads no picture, script or style sheet from elsewhere."""
    page = (finished / TARGET / "index.html").read_text()
    for loading in ('src="http', "src='http", 'src="figures', "<script src", "<link rel"):
        assert loading not in page
    assert page.count("<table") >= 3
    assert f"snakemake --cores 16 {TARGET}</code>" in page


def test_each_job_has_log_and_benchmark(finished: Path) -> None:
    """Each job has one log and one benchmark, and no log is empty."""
    logs = sorted(path for path in (finished / "results/smoke/logs").rglob("*.log"))
    benchmarks = list((finished / "results/smoke/benchmarks").rglob("*.tsv"))
    assert len(logs) == len(benchmarks) > 25
    assert [path for path in logs if not path.stat().st_size] == []


def test_nothing_is_left_to_do(finished: Path) -> None:
    """A second run of Snakemake has no jobs."""
    assert planned(finished) == {}


def test_only_ignored_files_were_written(finished: Path) -> None:
    """A run leaves git's view of the tree as it was."""
    from tests.finished import git

    assert git(finished, "status", "--porcelain") == ""
