"""The paper's numbers and headings (Ha & Schmidhuber, 2018). No other file has any of them.

They are keyed by the kind of a task: a user's own task has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Published:
    """A score as printed: mean ± standard deviation over 100 episodes."""

    mean: float
    std: float


@dataclass(frozen=True)
class PublishedTable:
    """One of the paper's tables of scores.

    Attributes:
        name: its name in the paper.
        actual: scores in the real environment, by controller: a variant, a temperature with two
            decimals, or "random".
        virtual: scores in the dream, by temperature.
        quoted: scores that the paper quotes for other methods. labels: these methods in words.
    """

    name: str
    actual: Mapping[str, Published]
    quoted: Mapping[str, Published]
    labels: Mapping[str, str]
    virtual: Mapping[str, Published] = field(default_factory=dict)


# By the kind of the task and by where C was evolved.
TABLES = {
    # CarRacing-v0: average score over 100 random tracks.
    ("car_racing", "reality"): PublishedTable(
        "Table 1",
        actual={
            "z": Published(632, 251),
            "z_hidden": Published(788, 141),
            "z_h": Published(906, 21),
        },
        quoted={
            "dqn": Published(343, 18),
            "a3c_continuous": Published(591, 45),
            "a3c_discrete": Published(652, 10),
            "ceobillionaire": Published(838, 11),
        },
        labels={
            "dqn": "DQN (quoted)",
            "a3c_continuous": "A3C, continuous (quoted)",
            "a3c_discrete": "A3C, discrete (quoted)",
            "ceobillionaire": "ceobillionaire, Gym leaderboard (quoted)",
        },
    ),
    # DoomTakeCover-v0: steps survived, of controllers evolved at τ.
    ("take_cover", "dream"): PublishedTable(
        "Table 2",
        virtual={
            "0.10": Published(2086, 140),
            "0.50": Published(2060, 277),
            "1.00": Published(1145, 690),
            "1.15": Published(918, 546),
            "1.30": Published(732, 269),
        },
        actual={
            "0.10": Published(193, 58),
            "0.50": Published(196, 50),
            "1.00": Published(868, 511),
            "1.15": Published(1092, 556),
            "1.30": Published(753, 139),
            "random": Published(210, 108),
        },
        quoted={"gym_leader": Published(820, 58)},
        labels={"gym_leader": "Gym leaderboard (quoted)"},
    ),
}

# From the parameter tables in the procedures of sections 3 (CarRacing) and 4 (Take Cover).
PARAMETERS = {
    ("car_racing", "V"): 4_348_547,
    ("car_racing", "M"): 422_368,
    ("car_racing", "C"): 867,
    ("take_cover", "V"): 4_446_915,
    ("take_cover", "M"): 1_678_785,
    ("take_cover", "C"): 1_088,
}

# What a table, figure or film is about, in words for tasks that the paper does not have.
TOPICS = {
    "models": "V and M",
    "search": "Evolution of C",
    "scores": "Scores",
    "dreams": "Dreams",
    "exploits": "Does C exploit its dream?",
}

# The paper's sections on the agent and on each experiment, with a subsection for each topic.
AGENT = "2 Agent Model"
SECTIONS = {
    ("car_racing", "reality"): (
        "3 Car Racing Experiment",
        {
            "models": "3.2 Procedure",
            "search": "3.2 Procedure",
            "scores": "3.3 Experiment Results",
            "dreams": "3.4 Car Racing Dreams",
            "exploits": "3.4 Car Racing Dreams",
        },
    ),
    ("take_cover", "dream"): (
        "4 VizDoom Experiment",
        {
            "models": "4.2 Procedure",
            "search": "4.3 Training Inside of the Dream",
            "dreams": "4.3 Training Inside of the Dream",
            "scores": "4.4 Transfer Policy to Actual Environment",
            "exploits": "4.5 Cheating the World Model",
        },
    ),
}


def place(kind: str, evolved_in: str, title: str, topic: str) -> tuple[str, str]:
    """Return the paper's section and subsection on a topic of a task.

    Args:
        kind, title: the task's. evolved_in: where its controllers were evolved.
        topic: a key of `TOPICS`.

    Returns:
        their headings; for a task that the paper does not have, its title and the topic in words.
    """
    section, parts = SECTIONS.get((kind, evolved_in), (title, TOPICS))
    return section, parts[topic]
