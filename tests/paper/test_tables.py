"""The tables' numbers, row by row, against values computed by hand."""

import csv
import json
from pathlib import Path

import pytest

from tests.paper.results_folder import SCORES, TEMPERATURES, VARIANTS
from world_models.evaluation.statistics import Summary, summarise
from world_models.paper.formats import as_csv, as_latex, as_markdown
from world_models.paper.markup import as_html, captioned
from world_models.paper.published import Published
from world_models.paper.tables import Table, text


def read(path: Path) -> dict[str, dict[str, str]]:
    """Return a table's rows, keyed by the first column, in the file's order."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {next(iter(row.values())): row for row in rows}


def check(row: dict[str, str], prefix: str, name: str) -> None:
    """Check mean and standard deviation against the values computed by hand."""
    _, mean, std = SCORES[name]
    assert float(row[f"{prefix}mean"]) == pytest.approx(mean, abs=1e-6)
    assert float(row[f"{prefix}std"]) == pytest.approx(std, abs=1e-6)


def test_car_racing(paper_tables: Path) -> None:
    """Table 1 has the right columns and order, the paper's numbers, and ours."""
    path = paper_tables / "car_racing.csv"
    assert path.read_text().splitlines()[0] == (
        "variant,paper_mean,paper_std,mean,std,ci_low,ci_high,episodes"
    )
    rows = read(path)
    quoted = ["dqn", "a3c_continuous", "a3c_discrete", "ceobillionaire"]
    assert list(rows) == [*quoted, "random", *VARIANTS]
    assert path.read_text().splitlines()[1] == "dqn,343,18,,,,,"
    assert path.read_text().splitlines()[4] == "ceobillionaire,838,11,,,,,"
    assert (rows["z"]["paper_mean"], rows["z"]["paper_std"]) == ("632", "251")
    assert (rows["z_hidden"]["paper_mean"], rows["z_hidden"]["paper_std"]) == ("788", "141")
    assert (rows["z_h"]["paper_mean"], rows["z_h"]["paper_std"]) == ("906", "21")
    assert rows["random"]["paper_mean"] == ""
    for name in ("random", *VARIANTS):
        check(rows[name], "", name)
        assert rows[name]["episodes"] == "4"
        found = summarise(SCORES[name][0])
        assert float(rows[name]["ci_low"]) == pytest.approx(found.ci_low, abs=1e-6)
        assert float(rows[name]["ci_high"]) == pytest.approx(found.ci_high, abs=1e-6)
    assert rows["z_hidden"]["ci_low"] == rows["z_hidden"]["ci_high"] == "700"


def test_diagnostics(paper_tables: Path) -> None:
    """Each measurement comes with what it is compared with; missing measurements are left out."""
    lines = (paper_tables / "diagnostics.csv").read_text().splitlines()
    assert lines[0] == "task,component,measure,value,compared_with,other"
    assert lines[1:5] + lines[11:12] == [
        "car_racing,V,reconstruction_error,27.5,mean_image_error,44",
        "car_racing,V,active_dimensions,9,,",
        "car_racing,M,nll,0.5,copy_nll,0.75",
        "car_racing,M,nll,0.5,nll_other_actions,0.625",
        "take_cover,V,reconstruction_error,27.5,mean_image_error,44",
    ]
    # Ranks 1, 4, 2, 3 against 1, 4, 3, 2: 1 - 6 * 2 / (4 * 15).
    assert lines[5:7] == [
        "car_racing,C z,transfer_rank_correlation,0.8,,",
        "car_racing,C z,transfer_real,23.75,transfer_evolved,212.5",
    ]
    assert lines[-4] == "take_cover,dream 1.15,left,446,game,167.5"
    # A blank AUC has no row. Only controllers evolved in the dream have these rows.
    first = next(n for n, line in enumerate(lines) if line.startswith("take_cover,M tau_"))
    assert [line.split(",", 2)[2] for line in lines[first : first + 2]] == [
        "death_precision,0.25,rollouts,",
        "death_recall,0.4,rollouts,",
    ]
    per_controller = 2 * len(VARIANTS) + 4 * len(TEMPERATURES)
    assert len(lines) == 9 + per_controller + 5
    assert "given another episode's actions" in (paper_tables / "diagnostics.md").read_text()


def test_take_cover(paper_tables: Path) -> None:
    """Table 2 has temperatures in numeric order, including one that the paper lacks."""
    path = paper_tables / "take_cover.csv"
    assert path.read_text().splitlines()[0] == (
        "temperature,paper_virtual_mean,paper_virtual_std,paper_actual_mean,paper_actual_std,"
        "virtual_mean,virtual_std,actual_mean,actual_std,actual_ci_low,actual_ci_high,episodes"
    )
    rows = read(path)
    assert list(rows) == [*TEMPERATURES, "random", "gym_leader"]
    for temperature in TEMPERATURES:
        check(rows[temperature], "virtual_", f"tau_{temperature}.dream")
        check(rows[temperature], "actual_", f"tau_{temperature}")
    check(rows["random"], "actual_", "random")
    assert list(rows["1.15"].values())[1:5] == ["918", "546", "1092", "556"]
    assert list(rows["2.00"].values())[1:5] == [""] * 4
    assert list(rows["random"].values())[1:7] == ["", "", "210", "108", "", ""]
    assert list(rows["gym_leader"].values())[1:] == ["", "", "820", "58", *[""] * 7]


def test_parameters(paper_tables: Path) -> None:
    """Our parameter counts come from the checkpoints, the paper's from the paper."""
    assert (paper_tables / "parameters.csv").read_text().splitlines() == [
        "task,component,paper,ours",
        "car_racing,V,4348547,4348547",
        f"car_racing,M,422368,{memory_count(3, False, False)}",
        f"car_racing,C,867,{3 * (3 + 8) + 3}",
        f"car_racing,C z,,{3 * 3 + 3}",
        f"car_racing,C z_hidden,,{40 * (3 + 1) + 3 * (40 + 1)}",
        "take_cover,V,4446915,4348547",
        f"take_cover,M,1678785,{memory_count(1, True, True)}",
        f"take_cover,C,1088,{3 + 8 + 8}",
    ]


def memory_count(actions: int, restart: bool, death: bool) -> int:
    """Return the parameters of an M with 3 latents, 8 units and 2 components."""
    return 4 * 8 * (3 + actions + restart + 8 + 1) + (8 + 1) * (3 * 2 * 3 + death)


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (Published(906, 21), "906 ± 21"),
        (Summary(905.6, 21.4, 900.6, 909.7, 100), "906 ± 21 [901, 910]"),
        (Summary(-32.2, 2.0, -34.0, -0.3, 4), "−32 ± 2 [−34, 0]"),
        (None, ""),
    ],
)
def test_scores_as_text(score: Published | Summary | None, shown: str) -> None:
    """Scores are shown as whole numbers, with the interval in brackets and no minus before zero."""
    assert text(score) == shown


TABLE = Table(
    "a_b", "A < B", "Both < 5 % of τ.", ("x", "y"), [["k", 1.0], ["l", None], ["m", 0.1234567]],
    ("key_x", "ours"), [["k", "−1 ± 0"], ["l", ""], ["m", "0"]],
)  # fmt: skip


def test_formats() -> None:
    """The same table is written in four formats, with special characters."""
    assert as_csv(TABLE) == "x,y\nk,1\nl,\nm,0.123457\n"
    assert as_markdown(TABLE).splitlines()[:3] == [
        "| key_x | ours |", "| :--- | ---: |", "| k | −1 ± 0 |",
    ]  # fmt: skip
    latex = as_latex(TABLE)
    assert "\\caption{Both < 5 \\% of $\\tau$.}" in latex
    assert "key\\_x & ours \\\\" in latex
    assert "k & $-$1 $\\pm$ 0 \\\\" in latex
    html = as_html(TABLE)
    assert '<th scope="row">k</th><td class="ours">−1 ± 0</td>' in html
    whole = captioned(html, TABLE.name, TABLE.title, TABLE.caption)
    assert "<h3>A &lt; B</h3>\nBoth &lt; 5 % of τ.</figcaption>" in whole


def test_scores_for_dvc(paper_tables: Path) -> None:
    """scores.json nests our measured numbers of the CSVs, without the paper's."""
    scores = json.loads((paper_tables / "scores.json").read_text())
    for table, prefix in (("car_racing", ""), ("take_cover", "tau_")):
        with (paper_tables / f"{table}.csv").open(newline="") as file:
            lines = {next(iter(line.values())): line for line in csv.DictReader(file)}
        assert "dqn" not in scores[table] and "gym_leader" not in scores[table]
        for name, numbers in scores[table].items():
            line = lines[name.removeprefix(prefix)]
            assert numbers and not any(key.startswith("paper_") for key in numbers)
            for key, number in numbers.items():
                assert float(line[key]) == pytest.approx(number, abs=1e-5)
