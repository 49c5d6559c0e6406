# Two commands: `make tables` and `make test`. Each does its own set-up; a second `make` is immediate.

PYTHON ?= python3
SCALE ?= smoke
CORES ?= $(shell nproc)
# Two more than a two-core machine has cores: some tests mostly wait.
TEST_WORKERS ?= 4

# PyTorch's build: pip's default, or give the location of another one. docs/install.md shows both.
TORCH ?= torch==2.13.0
TORCH_PIP_ARGS ?=

ifeq ($(shell expr '$(CORES)' : '0*[1-9][0-9]*$$'),0)
$(error CORES=$(CORES): must be a whole number, at least 1)
endif

VENV := .venv
READY := $(VENV)/.installed
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check
# The rules' shell commands call `python`, which must be the environment's.
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
# Snakemake and DVC need a user's name and a home folder, which a container's user may not have.
ifeq ($(shell test -d "$$HOME" || echo none),none)
export HOME := $(CURDIR)/.cache/home
$(shell mkdir -p "$(HOME)")
else ifeq ($(shell test -w "$$HOME" || echo none),none)
export XDG_CACHE_HOME ?= $(CURDIR)/.cache
$(shell mkdir -p "$(XDG_CACHE_HOME)")
endif
ifeq ($(USER)$(LOGNAME)$(shell id -un > /dev/null 2>&1 && echo known),)
export USER := $(shell id -u)
endif
# Otherwise an old pip without `wheel` would run setup.py itself. A new pip ignores this variable.
export PIP_USE_PEP517 := 1
# Silence an advertisement for another tool.
export NO_MKDOCS_2_WARNING := 1
RESULTS := $(if $(filter paper,$(SCALE)),results,results/$(SCALE))
# The scale whose models are published; `make evaluate` and `make watch` show it unless SCALE says otherwise.
SHOWN := $(if $(filter file,$(origin SCALE)),results/lab,$(RESULTS))
SCHEMA := config.schema.json

.DEFAULT_GOAL := help
.PHONY: help tables evaluate watch films report demo docs test test-cluster torture bench why remote publish fetch mend setup audit lock schema clean

help:
	@echo 'make tables   set up, then the tables and figures of one scale:'
	@echo '                SCALE=smoke|lab|paper  (now $(SCALE): $(RESULTS)/paper_tables)'
	@echo '                CORES=N                (now $(CORES))'
	@echo 'make evaluate measure the published controllers again, without training (now $(SHOWN)):'
	@echo "                SEED=2 fresh episodes, EPISODES=20 fewer, TASK=car_racing, CONTROLLER='z z_h', CORES="
	@echo 'make watch    film a published controller: TASK=car_racing CONTROLLER=z_h'
	@echo '                EPISODE=3 another episode, EVERY=1 each step, DREAM=1 in the dream it evolved in'
	@echo 'make films    film the games and dreams of a scale: SCALE=, TASK=car_racing (now $(RESULTS)/…/films)'
	@echo 'make report   one HTML with the tables, figures, films and runtimes of a scale (now $(RESULTS))'
	@echo 'make demo     build the page for playing inside the dream, and serve it (now $(SHOWN))'
	@echo 'make docs     build the documentation'
	@echo 'make test     set up, then every check and test'
	@echo 'make why      which jobs would run now, and what changed since they last ran (SCALE=)'
	@echo 'make remote   name the place that results are shared through: URL=<a folder or ssh://host/path>'
	@echo 'make publish  run a scale (SCALE=, CORES=), then push its results and models there'
	@echo "make fetch    pull a scale from there; KINDS='vision memory' pulls only these kinds"
	@echo 'make mend     find damaged copies there, and push them again'
	@echo 'make torture  kill a small pipeline a hundred times at random moments; a quarter of an hour'
	@echo 'make test-cluster  the tests that need SLURM: apt install slurm-wlm munge'
	@echo 'make bench    measure throughput against baselines (five minutes, on a machine with nothing else to do)'
	@echo 'make setup    only set up: $(VENV), PyTorch, requirements.lock, this project'
	@echo "                TORCH='$(TORCH)' TORCH_PIP_ARGS='$(TORCH_PIP_ARGS)'  choose PyTorch's build"
	@echo '                PYTHON=$(PYTHON)         the Python to set up with, 3.11 or later'
	@echo 'make schema   regenerate $(SCHEMA) and docs/settings.md from the settings classes, dvc.yaml from config.yaml'
	@echo 'make lock     regenerate requirements.lock and environment.yml from requirements.in'
	@echo '                LOCK_ARGS=--upgrade    take newer versions'
	@echo 'make audit    look the pinned packages up in the database of known vulnerabilities'
	@echo 'make clean    remove the environment and caches; results stay'

# Results missing behind finished tables are requested by name: Snakemake would not notice them.
tables: $(READY)
	$(RUN) snakemake --cores $(CORES) $(RESULTS)/paper_tables \
		$$($(RUN) python -m world_models.provenance.holes $(RESULTS)/paper_tables 2> /dev/null)
	@echo '$(RESULTS)/paper_tables/index.html is the page: open it in a browser. Next: make report SCALE=$(SCALE), or films, or publish'

test: $(READY)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) snakefmt --check Snakefile workflow
	$(RUN) snakemake --lint
	$(RUN) mkdocs build --quiet
	@# The types are checked beside the tests, while these begin.
	$(RUN); mypy & types=$$!; pytest --numprocesses $(TEST_WORKERS) && \
		{ wait $$types || { echo 'mypy: its errors are above, where the tests begin' >&2; exit 1; }; }
	@echo 'All checks and tests passed. Next: commit, or make tables SCALE=lab'

evaluate: $(READY)
	@$(RUN) python tools/evaluate.py $(SHOWN) --workers $(CORES) $(if $(SEED),--seed $(SEED)) \
		$(if $(EPISODES),--episodes $(EPISODES)) $(if $(TASK),--task $(TASK)) $(if $(CONTROLLER),--controller $(CONTROLLER))

watch: $(READY)
	@$(RUN) python tools/watch.py $(SHOWN) $(if $(TASK),--task $(TASK)) $(if $(CONTROLLER),--controller $(CONTROLLER)) \
		$(if $(EPISODE),--episode $(EPISODE)) $(if $(DREAM),--dream) $(if $(EVERY),--every $(EVERY))

films: $(READY)
	@$(if $(TASK),targets='$(TASK:%=$(RESULTS)/%/films/all)',$(call LOOKED_AT,films)) && \
		set -x && $(RUN) snakemake --cores $(CORES) $$targets
	@echo '$(RESULTS)/…/films: GIF, MP4, and pages that play. Next: make report SCALE=$(SCALE), which has them all'

# A report of existing results: it only runs the list of runtimes, so it also works on fetched and
# published results.
report: $(READY)
	@$(call LOOKED_AT,finished) && set -x && \
		$(RUN) snakemake --cores 1 --forcerun list_runtimes -- $(RESULTS)/runtimes.html && \
		$(RUN) snakemake --cores 1 --report $(RESULTS)/report.html $(RESULTS)/runtimes.html $$targets
	@echo '$(RESULTS)/report.html: tables, figures, films and runtimes. Next: open it in a browser'

# Set `targets` to a scale's films, or to what its report contains; an error ends the command.
LOOKED_AT = targets=$$($(RUN) python -m world_models.provenance.looked_at $(1) $(RESULTS))

# Builds the page from the published models: static files, which any server can serve.
demo: $(READY)
	@command -v npm > /dev/null || { echo 'npm: not found; install Node.js 20.19 or later' >&2; exit 1; }
	cd demo && npm ci --no-audit --no-fund
	$(RUN) python -m world_models.inspection.demo --models $(SHOWN) --output demo/public/models
	cd demo && npm run build
	@echo 'demo/dist is the page; it is served at http://localhost:8000 until Ctrl-C'
	cd demo && npm run serve

docs: $(READY)
	$(RUN) mkdocs build --quiet
	@echo 'site/ is the documentation. Next: open site/index.html, or .venv/bin/mkdocs serve, then http://localhost:8000'

bench: $(READY)
	$(RUN) python -m benchmarks all
	@echo 'results/bench.md is the table. Next: compare it with docs/performance.md'

why: $(READY)
	@$(RUN) python tools/why.py $(RESULTS)/paper_tables

remote: $(READY)
	@$(RUN) python tools/share.py remote $(URL)

publish: tables
	@$(RUN) python tools/share.py publish $(SCALE)

fetch: $(READY)
	@$(RUN) python tools/share.py fetch $(SCALE) $(KINDS)

mend: $(READY)
	@$(RUN) python tools/share.py mend $(SCALE)

# A hundred kills at random moments; takes a quarter of an hour.
torture: $(READY)
	KILLS=100 $(RUN) pytest tests/reliability/test_pipeline.py

test-cluster: $(READY)
	CLUSTER_TESTS=required $(RUN) pytest tests/cluster

# $(call REPLACE,file,command): the command's output replaces the file, unless the command fails.
REPLACE = echo '$(2) > $(1)'; $(RUN) $(2) > $(1).new && mv $(1).new $(1) || { rm -f $(1).new; exit 1; }
HAS_PYTHON := command -v $(PYTHON) >/dev/null || \
	{ echo '$(PYTHON): not found; apt install python3 python3-venv, or give PYTHON=' >&2; exit 1; }

setup: $(READY)
	@echo '$(VENV) is ready. Next: make tables, or source $(VENV)/bin/activate and world-models'

# PyTorch is installed first, so that its build is the user's choice. The lock's build tools follow,
# and isolated builds are off, so that nothing fetches its own build tool or a second PyTorch.
$(READY): requirements.lock pyproject.toml
	@$(HAS_PYTHON)
	@$(PYTHON) tools/check_system.py before
	$(PYTHON) -m venv $(VENV)
	$(PIP) install $(TORCH_PIP_ARGS) '$(TORCH)'
	sed -nE '/^(setuptools|swig)==/,/# via/p' requirements.lock > $(VENV)/build.lock
	$(PIP) install --require-hashes -r $(VENV)/build.lock
	$(RUN) $(PIP) install --require-hashes --no-build-isolation -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(PIP) check
	@$(VENV)/bin/python tools/check_system.py after
	@touch $@

lock:
	@$(HAS_PYTHON)
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install uv==0.13.8
	@# PyTorch is left out although other packages need it: its build is the user's choice.
	echo torch > .venv-lock/excludes
	.venv-lock/bin/uv pip compile --quiet --excludes .venv-lock/excludes --universal --python-version 3.11 --fork-strategy fewest \
		--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
		$(LOCK_ARGS) --output-file requirements.lock requirements.in
	sed -i '/# From requirements.lock/q' environment.yml
	sed -nE "s/^([a-z0-9][^ ]*==.*[^ \\]) *\\\\$$/      - \\1/p" requirements.lock >> environment.yml
	@echo 'requirements.lock and environment.yml are new. Next: make test, then commit both'

audit:
	@$(HAS_PYTHON)
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip --disable-pip-version-check install --quiet pip-audit==2.10.1
	@.venv-audit/bin/python tools/audit.py requirements.lock '$(TORCH)'

schema: $(READY)
	@$(call REPLACE,$(SCHEMA),python -m world_models.settings --schema)
	@$(call REPLACE,docs/settings.md,python -m world_models.settings --page)
	@$(call REPLACE,dvc.yaml,python -m world_models.sharing.dvc_yaml)
	@echo 'Next: make why, which says what reruns'

clean:
	rm -rf $(VENV) .venv-lock .venv-audit .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf demo/node_modules demo/dist demo/public demo/reference site
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
