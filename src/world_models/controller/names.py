"""A controller's name, as in paths: its variant, or the temperature of the dream it evolved in."""

from decimal import Decimal

PREFIX = "tau_"
DREAMT = "z_h"  # what controllers that evolve in a dream see by default: z and M's state


def of_temperature(temperature: float) -> str:
    """Return the name of a dream's controller: two decimals, or as many as the number has."""
    text = f"{Decimal(repr(temperature)):f}"
    _, _, decimals = text.partition(".")
    return PREFIX + (text if len(decimals) > 2 else f"{temperature:.2f}")


def temperature_of(name: str) -> float | None:
    """Return the temperature in a controller's name; None if it evolved in the real environment."""
    return float(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None


def variant_of(name: str) -> str:
    """Return what the controller sees: "z", "z_hidden" or "z_h"."""
    return DREAMT if name.startswith(PREFIX) else name


def uses_memory(name: str) -> bool:
    """Return whether the controller sees M's state."""
    return variant_of(name) == DREAMT
