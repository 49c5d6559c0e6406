"""Commands in the documentation: how to find them, and which test runs each.

A command is a line of a shell block, or a code span that begins with the name of a program.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.finished import ROOT

OWN = ("README.md", "CONTRIBUTING.md", "SECURITY.md")  # CHANGELOG.md has outdated commands
PAGES = [*(ROOT / name for name in OWN), *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAMS = (
    "apt", "bash", "cd", "chmod", "conda", "dvc", "export", "git", "make", "mkdocs", "npm", "pip",
    "pytest", "python", "ruff", "snakefmt", "snakemake", "source", "squeue", "world-models",
)  # fmt: skip
# A program's name alone is not a command, except for these two, which then list their targets.
ALONE = ("make", "world-models")

HERE = "here"


@dataclass(frozen=True)
class Ran:
    """What runs a command.

    Attributes:
        commands: a regular expression that matches the whole of each command.
        by: a test, FILE::FUNCTION below tests/, that runs the command or what the command runs,
            perhaps at a smaller scale; or HERE if the command is run as written.
        shown: code in that test, or in a function of its file that it calls, that proves this.
    """

    commands: str
    by: str
    shown: str = ""


SCORES_AGAIN = Ran(
    r"make evaluate|python tools/evaluate.py results/lab(/studies/\w+)? --seed 2",
    "evaluation/test_again.py::test_fresh_episodes",
    '"evaluate", str(SCALE), "--seed", "2"',
)
DOCUMENTED = "sharing/test_documented.py::test_ten_commands"
FOLLOWED = "workflow/test_your_environment.py::test_in_reality"

RAN = (
    # make
    Ran(r"make|make why( SCALE=lab)?|make schema", HERE),
    Ran(r"make tables( SCALE=(lab|paper) CORES=16)?", DOCUMENTED, "for command in commands"),
    Ran(r"make test", "packaging/test_makefile.py::test_ci_runs_make_test", '"make test"'),
    SCORES_AGAIN,
    Ran(r"make watch( SCALE=smoke)?( TASK=\w+ CONTROLLER=z_h)?",
        "evaluation/test_watch.py::test_a_published_episode", 'tool(place, "watch"'),
    Ran(r"make films( SCALE=smoke)?", "workflow/test_films.py::test_films_of_a_task",
        'snakemake(tree, "--cores", "2", TARGET)'),
    Ran(r"make report( SCALE=(smoke|lab))?", "workflow/test_films.py::test_the_report",
        'run("make", "report"'),
    Ran(r"make demo( SCALE=paper)?|npm test", "demo/test_page.py::test_the_page",
        'run("npm", "test"'),
    Ran(r"make docs", "packaging/test_site.py::test_nothing_is_loaded_from_elsewhere",
        '"mkdocs", "build"'),
    Ran(r"make remote( URL=\S+)?|make publish( SCALE=lab)?|make fetch( (SCALE=lab )?KINDS=.*)?",
        DOCUMENTED, "for command in commands"),
    Ran(r"make mend", "sharing/test_faults.py::test_the_publisher_mends_a_damaged_object",
        'share(in_a_folder.tree, "mend", "smoke")'),
    Ran(r"make torture", "reliability/test_pipeline.py::test_kills_change_nothing", "KILLS"),
    Ran(r"make test-cluster", "cluster/test_slurm.py::test_same_files_as_on_one_machine",
        "site.start(TARGET)"),
    # Snakemake
    Ran(r"snakemake --cores 16 results/paper_tables", DOCUMENTED, "for command in commands"),
    Ran(r"snakemake -n( results/(lab|smoke)/paper_tables| results/lab/studies_tables)?", HERE),
    Ran(r"snakemake (-n|--cores \d+) results/(smoke/)?(lunar_lander|catch)/tables", FOLLOWED,
        'blocks("sh")'),
    Ran(r"snakemake --cores 16 results/lab/studies/(NAME|second_round|cover_means)/tables",
        "workflow/test_studies.py::test_three_rounds_of_iterative_training", "snakemake("),
    Ran(r"snakemake --cores 16 results/lab/studies_tables",
        "studies/test_all_studies.py::test_the_tables_of_all_studies", '"target": TARGET'),
    Ran(r"snakemake --profile profiles/slurm results/paper_tables",
        "cluster/test_slurm.py::test_same_files_as_on_one_machine", "site.start(TARGET)"),
    Ran(r"snakemake --cores 1 --touch results/lab/paper_tables",
        "sharing/test_documented.py::test_touch_accepts_what_is_there", "*command.replace("),
    Ran(r"snakemake --cores 2 results/lab/take_cover/evaluation/tau_2.00.csv",
        "sharing/test_round_trip.py::test_a_new_controller_really_runs", 'snakemake(there,'),
    Ran(r"snakemake --cores 2 results/\w+/\w+/successors/(dreamer_3|muzero|ppo)/evaluation.csv",
        "successors/test_in_the_workflow.py::test_trained_and_scored", "snakemake(tree,"),
    Ran(r"snakemake --cores 2 results/\w+/successors_tables",
        "successors/test_in_the_workflow.py::test_the_tables_compare_all_that_is_asked_for",
        "planned(tree, TABLES)"),
    Ran(r"snakemake --unlock", "reliability/test_pipeline.py::test_kills_change_nothing",
        '"--unlock"'),
    # Stages, tools, examples
    Ran(r"pytest tests/memory -k mixture|ruff .*|snakefmt Snakefile workflow", HERE),
    Ran(r"source .venv/bin/activate", HERE),
    Ran(r"world-models( vision.train --help| completion bash > \S+)?", HERE),
    Ran(r"python -m world_models\.(settings lab|vision\.train --help)", HERE),
    Ran(r"python -m world_models\.collection\.behaviour --task .*",
        "sharing/test_sizes.py::test_bytes_of_a_frame", '"--manifest", str(manifest)'),
    Ran(r"python -OO", "reliability/test_surroundings.py::test_a_stage_in_an_ascii_terminal",
        '"PYTHONOPTIMIZE": "2"'),
    Ran(r"python -m world_models\.FOLDER\.NAME", "reliability/test_surroundings.py::test_help",
        "*STAGES"),
    Ran(r"python examples/ppo_in_the_dream.py",
        "dream/test_published_environments.py::test_the_example_learns_and_plays",
        '"examples/ppo_in_the_dream.py"'),
    Ran(r"python -m benchmarks\.costs", HERE),
    Ran(r"python -m benchmarks\.cluster", "packaging/test_benchmarks.py::test_cluster",
        '"benchmarks.cluster"'),
    Ran(r"python -m benchmarks learn-planet", "packaging/test_benchmarks.py::test_learning",
        '"learn-planet"'),
    Ran(r"python -m benchmarks (NAME|rssm)", "packaging/test_benchmarks.py::test_one",
        'run("-c", ONCE'),
    Ran(r"make bench", "packaging/test_benchmarks.py::test_all", "__main__.main"),
    Ran(r"python -m benchmarks\.tricks", "packaging/test_benchmarks.py::test_tricks",
        "tricks.main"),
    Ran(r"python -m benchmarks\.rates", "packaging/test_benchmarks.py::test_rates", "rates.main"),
    Ran(r"python -m benchmarks\.agreement results/lab z_h --episodes 100",
        "packaging/test_benchmarks.py::test_agreement", "agreement.main"),
    Ran(r"python -m benchmarks\.ranking results/lab \w+ \S+ --episodes \d+",
        "packaging/test_benchmarks.py::test_ranking", "ranking.main"),
    Ran(r"pytest tests/demo", "demo/test_page.py::test_the_page", 'run("npm", "test"'),
    # git and DVC
    Ran(r'git add dvc.lock .*|git commit -m "Results"|git clone .*|cd ../colleague', DOCUMENTED,
        "for command in commands"),
    Ran(r"chmod -R g\+rwX", HERE),
    Ran(r"export WORLD_MODELS_INTERFACE=ib0",
        "workflow/test_documented_commands.py::test_the_network_reaches_the_tasks",
        '"WORLD_MODELS_INTERFACE": "ib0"'),
    Ran(r"git checkout", "workflow/test_reruns_of_files.py::test_another_branch_and_back",
        '"checkout"'),
    Ran(r"dvc metrics( diff --all)?", DOCUMENTED, "for command in commands"),
    Ran(r"dvc plots diff", "sharing/test_round_trip.py::test_metrics_and_plots",
        '"dvc", "plots", "diff"'),
    Ran(r"dvc pull", "sharing/test_round_trip.py::test_nothing_to_do_after_a_plain_pull",
        '"dvc", "pull"'),
    Ran(r"dvc repro", "sharing/test_contents.py::test_dvc_makes_nothing", '"dvc", "repro"'),
    Ran(r"dvc remote (add --default|modify( --local)?) storage .*", HERE),
)  # fmt: skip

# Commands that no test can run, and why.
UNRUN = {
    r"make setup.*": "downloads gigabytes; CI's `make test` begins with it, in a fresh clone",
    r"conda .*|pip install .*": "installs from a registry",
    r"make lock( LOCK_ARGS=--upgrade)?": "asks a registry; test_lock.py reads what it wrote",
    r"make audit": "asks a database; test_audit.py has what it asks and says",
    r"apt install .*": "changes the system",
    r"squeue --me": "SLURM's; tests/cluster/slurm.py asks it, too",
}


def commands(page: Path) -> Iterator[str]:
    """Yield each command of a page once; the parts of a chain are separate commands."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    found = [re.sub(r"\s+#( |\d).*", "", line) for line in lines]
    found += [span for span in re.findall(r"`([^`]+)`", prose) if span.split()[0] in PROGRAMS]
    for command in dict.fromkeys(" ".join(each.split()) for each in found if each.strip()):
        if " " in command or command in ALONE:
            yield from command.split(" && ")


@cache
def functions(test: str) -> dict[str, str]:
    """Return the sources of a test file's functions by name, decorators included."""
    text = (ROOT / "tests" / test).read_text(encoding="utf-8")
    lines, found = text.splitlines(), {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
    return found


def is_shown(ran: Ran) -> bool:
    """Return whether the test exists and contains `shown`."""
    file, _, name = ran.by.partition("::")
    if not (ROOT / "tests" / file).is_file() or name not in (known := functions(file)):
        return False
    reached, waiting = set(), [name]
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting += [other for other in known if re.search(rf"\b{other}\b", known[each])]
    return any(ran.shown in known[each] for each in reached)
