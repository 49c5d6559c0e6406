"""The numbers that the paper printed (Ha & Schmidhuber, 2018). No other file has any of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A score as printed: mean ± standard deviation over 100 episodes."""

    mean: float
    std: float


# Table 1, CarRacing-v0: average score over 100 random tracks.
CAR_RACING = {
    "dqn": Published(343, 18),
    "a3c_continuous": Published(591, 45),
    "a3c_discrete": Published(652, 10),
    "ceobillionaire": Published(838, 11),
    "z": Published(632, 251),
    "z_hidden": Published(788, 141),
    "z_h": Published(906, 21),
}
CAR_RACING_QUOTED = ("dqn", "a3c_continuous", "a3c_discrete", "ceobillionaire")

# Table 2, DoomTakeCover-v0: (virtual score, actual score) of controllers evolved at τ.
TAKE_COVER: dict[str, tuple[Published | None, Published | None]] = {
    "0.10": (Published(2086, 140), Published(193, 58)),
    "0.50": (Published(2060, 277), Published(196, 50)),
    "1.00": (Published(1145, 690), Published(868, 511)),
    "1.15": (Published(918, 546), Published(1092, 556)),
    "1.30": (Published(732, 269), Published(753, 139)),
    "random": (None, Published(210, 108)),
    "gym_leader": (None, Published(820, 58)),
}

# The tables of parameter counts beside the two procedures: section 3 (CarRacing), 4 (Take Cover).
PARAMETERS = {
    ("car_racing", "V"): 4_348_547,
    ("car_racing", "M"): 422_368,
    ("car_racing", "C"): 867,
    ("take_cover", "V"): 4_446_915,
    ("take_cover", "M"): 1_678_785,
    ("take_cover", "C"): 1_088,
}
