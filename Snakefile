# From raw experience to tables. The path selects the scale and the study:
#   snakemake --cores 16 results/paper_tables             the paper's settings
#   snakemake --cores 16 results/lab/paper_tables         hours
#   snakemake --cores 2 results/smoke/paper_tables        minutes
#   snakemake --cores 16 results/lab/studies/NAME/tables  a study of config.yaml
#   snakemake --cores 16 results/lab/TASK/tables          one task, e.g. an environment of your own
#   snakemake --cores 2 results/lab/TASK/films/all        films of its games and dreams
from snakemake.utils import min_version

min_version("9.0")


configfile: f"{workflow.basedir}/config.yaml"


report: "workflow/report/workflow.rst"


# Long runs show their progress.
onstart:
    follow(workflow, logger)


# The plan of all results, and the functions that the rules below use.
include: "workflow/rules/common.smk"
include: "workflow/rules/options.smk"
# Recorded experience: episodes of the behaviour policies, and of an earlier round's controllers.
include: "workflow/rules/rollouts.smk"
# V, and every frame encoded by V.
include: "workflow/rules/vision.smk"
# M, trained on V's latents.
include: "workflow/rules/memory.smk"
# C, evolved in reality or in M's dream.
include: "workflow/rules/controller.smk"
# Scores of fresh episodes, and whether dreams can be trusted.
include: "workflow/rules/evaluation.smk"
# Measures that only the tables of all studies show.
include: "workflow/rules/measures.smk"
# Agents that came after World Models.
include: "workflow/rules/successors.smk"
# Films of games and dreams.
include: "workflow/rules/films.smk"
# Tables, figures and pages.
include: "workflow/rules/tables.smk"


rule all:
    default_target: True
    input:
        "results/paper_tables",
