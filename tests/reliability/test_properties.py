"""Properties that hold for all inputs: store, settings, seeds, statistics, logs."""

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from world_models.collection.settings import ShardSettings
from world_models.controller.fitness_log import FitnessLog, Generation, text_of
from world_models.errors import WorldModelsError
from world_models.evaluation.rows import rows_csv, verify
from world_models.evaluation.statistics import summarise
from world_models.play.episodes import Episode
from world_models.play.noise import EpisodeNoise
from world_models.rollouts.store import Shard, write_store
from world_models.seeds import Purpose, derive
from world_models.settings import Settings, overlay, resolve
from world_models.storage.files import read_json, write_json
from world_models.tasks.contract import End

ROOT = Path(__file__).resolve().parents[2]
CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text())


def often(examples: int) -> Callable[[Any], Any]:
    """Try `examples` examples, in one temporary folder and without a deadline."""
    return settings(
        max_examples=examples, deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip


finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
scores = st.lists(st.floats(-1000, 3000), min_size=2, max_size=30)


@often(25)
@given(data=st.data(), lengths=st.lists(st.integers(1, 90), min_size=1, max_size=5))
def test_a_store_keeps_what_it_is_given(
    tmp_path: Path, data: st.DataObject, lengths: list[int]
) -> None:
    """However the rows are split into parts, the store has the same bytes and every number."""
    steps = sum(lengths)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    rows = {
        "mu": rng.normal(size=(steps, 3)).astype(np.float32),
        "log_sigma2": rng.normal(size=(steps, 3)).astype(np.float32),
        "actions": rng.normal(size=(steps, 1)).astype(np.float32),
        "rewards": np.array(data.draw(st.lists(finite, min_size=steps, max_size=steps)), "f4"),
    }
    episodes = {
        "lengths": np.array(lengths),
        "ends": rng.integers(1, 3, len(lengths)).astype(np.uint8),
        "seeds": rng.integers(0, 2**31, len(lengths)),
    }
    cuts = sorted(data.draw(st.lists(st.integers(0, steps), max_size=4)))
    parts = [
        {name: values[start:stop] for name, values in rows.items()}
        for start, stop in zip([0, *cuts], [*cuts, steps], strict=True)
    ]
    write_store(tmp_path / "whole.json", "latents", "take_cover", [{**rows, **episodes}])
    write_store(tmp_path / "parts.json", "latents", "take_cover", [*parts, episodes])
    whole, cut = (
        Shard(tmp_path / f"{n}.json", "latents", "take_cover") for n in ("whole", "parts")
    )
    assert whole.about["sha256"] == cut.about["sha256"]
    assert np.array_equal(whole.rewards, rows["rewards"])
    assert np.array_equal(whole.rows["mu"][:], rows["mu"])
    spans = [whole.episode(number) for number in range(len(lengths))]
    assert [span.stop - span.start for span in spans] == lengths
    assert [span.start for span in spans[1:]] == [span.stop for span in spans[:-1]]


@given(st.integers(1, 500), st.integers(1, 50), st.integers(1, 60))
def test_each_episode_is_in_one_shard(episodes: int, held_out: int, per_shard: int) -> None:
    """No episode is lost or played twice, and no held-out episode is used for training."""
    shards = ShardSettings(
        episodes=episodes, held_out_episodes=held_out, episodes_per_shard=per_shard
    )
    training = [list(shards.episodes_of(shard)) for shard in range(shards.training_shards)]
    assert list(itertools.chain(*training)) == list(range(episodes))
    assert all(0 < len(shard) <= per_shard for shard in training)
    assert shards.episodes_of(shards.training_shards) == range(episodes, episodes + held_out)
    assert not shards.episodes_of(shards.training_shards + 1)


def leaves(content: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the path of every setting."""
    found = []
    for key, value in content.items():
        inner = leaves(value, (*path, key)) if isinstance(value, dict) else [(*path, key)]
        found += inner
    return found


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return a nested mapping with one setting."""
    content = value
    for key in reversed(path):
        content = {key: content}
    mapping: dict[str, Any] = content
    return mapping


LEAVES = leaves(Settings().as_config())


@given(st.sampled_from(LEAVES), st.text("abcdefgh_", min_size=1, max_size=12))
def test_an_unknown_key_is_refused_wherever_it_is(path: tuple[str, ...], key: str) -> None:
    """An unknown key at any level is refused and named with its full path."""
    wrong = (*path[:-1], key)
    assume(wrong not in LEAVES and not any(leaf[: len(wrong)] == wrong for leaf in LEAVES))
    with pytest.raises(WorldModelsError, match=rf"{'.'.join(wrong)}: unknown setting"):
        resolve({"scales": {"lab": nested(wrong, 1)}}, "lab")


@given(
    st.sampled_from(LEAVES),
    st.sampled_from(["a", "1", [], {}, [[]], float("nan"), float("inf"), -1e9, b"x"]),
)
def test_nonsense_is_refused_wherever_it_is(path: tuple[str, ...], value: Any) -> None:
    """A nonsensical value is refused by one line that names the setting."""
    assume((path[1:], value) != (("successors", "beside"), []))  # an empty list is valid here
    with pytest.raises(WorldModelsError) as error:
        resolve({"scales": {"lab": nested(path, value)}}, "lab")
    assert ".".join(path) in str(error.value)
    assert "\n" not in str(error.value)


@given(st.dictionaries(st.sampled_from("abc"), st.integers() | st.dictionaries(
    st.sampled_from("abc"), st.integers())))  # fmt: skip
def test_overlays(changes: dict[str, Any]) -> None:
    """An overlay is idempotent, keeps what it doesn't name, and changes neither argument."""
    base = {"a": 1, "b": {"a": 2, "c": 3}, "d": 4}
    before = json.dumps([base, changes])
    once = overlay(base, changes)
    assert overlay(once, changes) == once
    assert once["d"] == 4
    assert overlay(base, {}) == base
    assert json.dumps([base, changes]) == before


@given(st.sampled_from(["paper", "lab", "smoke"]))
def test_settings_survive_json(scale: str) -> None:
    """Settings passed to a stage as JSON equal the resolved ones."""
    resolved = resolve(CONFIG, scale)
    assert resolve(json.loads(json.dumps(resolved.as_config())), "paper") == resolved


NAMES = st.text("abcdefghijklmnopqrstuvwxyz_0123456789.", min_size=1, max_size=10)
INDEX = st.lists(st.one_of(st.integers(0, 10**6), NAMES), max_size=4)


@given(st.integers(0, 2**40), st.sampled_from(Purpose), INDEX)
def test_seeds_are_31_bits_and_tell_their_purpose(
    seed: int, purpose: Purpose, index: list[int | str]
) -> None:
    """A seed has 31 bits, depends on the arguments alone, and has its purpose in the top bits."""
    value = derive(seed, purpose, *index)
    assert value == derive(seed, purpose, *index)
    assert 0 <= value < 2**31 and Purpose(value >> 28) is purpose


@given(st.sampled_from(Purpose), st.integers(0, 10**6), st.integers(0, 10**6), INDEX, INDEX)
def test_different_uses_have_different_seeds(
    purpose: Purpose, a: int, b: int, first: list[int | str], second: list[int | str]
) -> None:
    """Hypothesis finds no two uses with the same seed (by chance once in 268 million: 28 bits)."""
    assume((a, [str(part) for part in first]) != (b, [str(part) for part in second]))
    assert derive(a, purpose, *first) != derive(b, purpose, *second)


@often(60)
@given(scores)
@example([0.0, 1e-12])
@example([0.0, 1.726178666447364e-240])
@example([2100.0] * 29 + [100.0])
@example([5.0, 5.0])
def test_summaries(values: list[float]) -> None:
    """The mean and the interval lie within the scores, and the mean within the interval."""
    summary = summarise(values)
    slack = 1e-9 * (1 + max(abs(value) for value in values))
    assert summary.episodes == len(values)
    assert summary.mean == pytest.approx(math.fsum(values) / len(values), abs=slack)
    assert summary.std == pytest.approx(float(np.std(values, ddof=1)), abs=slack)
    assert min(values) - slack <= summary.ci_low <= summary.mean + slack
    assert summary.mean - slack <= summary.ci_high <= max(values) + slack


@often(25)
@given(scores, st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_summaries_follow_the_unit(values: list[float], factor: float) -> None:
    """Scaling the scores scales the summary."""
    # The factors are powers of two, as rounding could break ties between resampled means.
    assume(all(value == 0 or abs(value) > 1e-100 for value in values))
    summary, scaled = summarise(values), summarise([factor * value for value in values])
    for name in ("mean", "std", "ci_low", "ci_high"):
        assert getattr(scaled, name) == pytest.approx(factor * getattr(summary, name), rel=1e-9)


@given(scores, st.sampled_from([math.nan, math.inf, -math.inf]), st.integers(0, 30))
def test_summaries_refuse_what_is_not_finite(values: list[float], bad: float, where: int) -> None:
    """Scores that are not finite are refused."""
    values.insert(where, bad)
    with pytest.raises(ValueError, match="finite"):
        summarise(values)


generations = st.lists(
    st.tuples(st.lists(finite, min_size=1, max_size=4), st.floats(1e-9, 10), st.none() | finite),
    max_size=5,
)


@often(60)
@given(data=st.data(), drawn=generations)
def test_a_log_reads_back_or_is_refused(
    tmp_path: Path, data: st.DataObject, drawn: list[tuple[list[float], float, float | None]]
) -> None:
    """A whole log reads back, a truncated one gives its first lines, an altered one is refused."""
    history = [Generation(number, *each) for number, each in enumerate(drawn, start=1)]
    log, text = tmp_path / "log.jsonl", text_of(history).encode()
    log.write_bytes(text)
    assert FitnessLog(log).read() == history
    cut = data.draw(st.integers(0, len(text)))
    log.write_bytes(text[:cut])
    assert FitnessLog(log).read() == history[: text[:cut].count(b"\n")]
    if text:
        bit = data.draw(st.integers(0, 8 * len(text) - 1))
        changed = bytearray(text)
        changed[bit // 8] ^= 1 << (bit % 8)
        log.write_bytes(changed)
        try:
            assert (
                FitnessLog(log).read() == history[:-1]
            )  # the final newline was hit, so the last line counts as torn
            assert bit // 8 == len(text) - 1
        except WorldModelsError:
            assert log.read_bytes() == changed


@given(st.data(), st.lists(finite, min_size=1, max_size=5))
def test_a_changed_row_is_refused(data: st.DataObject, values: list[float]) -> None:
    """A changed character in a row is detected."""
    text = rows_csv(
        [Episode(0, n, n, value, End.TERMINATED) for n, value in enumerate(values)],
        lambda end, _: end.name,
    )
    path = Path("rows.csv")
    verify(path, text)
    first = text.index("\n") + 1
    place = data.draw(st.integers(first, len(text) - 1))
    other = data.draw(st.sampled_from("0123456789abcxyz.,-"))
    assume(other != text[place] and text[place] != "\n")
    with pytest.raises(WorldModelsError, match=r"rows.csv: line \d+ has been altered"):
        verify(path, text[:place] + other + text[place + 1 :])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | finite | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@often(60)
@given(st.dictionaries(st.text(max_size=6), JSON, max_size=4))
def test_descriptions_read_back(tmp_path: Path, content: dict[str, Any]) -> None:
    """A sealed description reads back as written."""
    described = {**content, "kind": "vision", "task": "take_cover"}
    write_json(tmp_path / "model.json", described)
    assert read_json(tmp_path / "model.json", "vision", "take_cover") == described


@often(40)
@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(0, 3), st.integers(0, 40))
def test_noise_belongs_to_the_episode(seed: int, slots: int, slot: int, wait: int) -> None:
    """An episode's noise does not depend on its slot, the other episodes or when it begins."""
    slot %= slots
    alone, beside = EpisodeNoise(1, 3), EpisodeNoise(slots, 3)
    alone.start([0], [seed])
    beside.start(list(range(slots)), [seed + 1 + other for other in range(slots)])
    for _ in range(wait):
        beside.next(range(slots))
    beside.start([slot], [seed])
    for _ in range(40):
        assert np.array_equal(alone.next([0])[0], beside.next(range(slots))[slot])
