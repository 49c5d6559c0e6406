"""Seeds: the same everywhere, and never shared between purposes."""

from hypothesis import given
from hypothesis import strategies as st

from world_models.seeds import Purpose, derive

KNOWN = (161582242, 1112741095)
INDEX = st.lists(st.one_of(st.integers(0, 10**6), st.text(max_size=8)), max_size=3)


def test_known_values() -> None:
    """Some values are fixed here, since a changed derivation would silently change every result."""
    assert derive(1, Purpose.COLLECTION, "car_racing", 0) == KNOWN[0]
    assert derive(1, Purpose.EVALUATION, "take_cover", "real", 7) == KNOWN[1]


@given(st.integers(0, 2**31), st.sampled_from(Purpose), INDEX)
def test_range_and_purpose(seed: int, purpose: Purpose, index: list[int | str]) -> None:
    """Seeds have 31 bits, as the engines need; the top 3 bits give the purpose."""
    value = derive(seed, purpose, *index)
    assert 0 <= value < 2**31
    assert value >> 28 == purpose


@given(st.integers(0, 99), st.integers(0, 99), INDEX, INDEX)
def test_purposes_never_meet(a: int, b: int, i: list[int | str], j: list[int | str]) -> None:
    """No evaluation episode has a seed that was used for training or selection."""
    training = (Purpose.COLLECTION, Purpose.TRAINING, Purpose.FITNESS, Purpose.VALIDATION)
    for purpose in training:
        assert derive(a, purpose, *i) != derive(b, Purpose.EVALUATION, *j)


def test_index_matters() -> None:
    """Ten thousand episodes have nearly as many seeds: 28 bits give about 0.2 collisions."""
    seeds = {derive(1, Purpose.COLLECTION, "car_racing", n) for n in range(10_000)}
    assert len(seeds) >= 9_997
