"""Further settings of M: what its state learns from."""

from pydantic import Field

from world_models.extended import Extended
from world_models.memory.settings import MemorySettings


class ExtendedMemorySettings(MemorySettings, Extended):
    """The MDN-RNN (paper, A.2; rnn/rnn.py and doomrnn/doomrnn.py of the original)."""

    reward_weight: float = Field(0.0, ge=0)
    """How much M's LSTM learns from the reward's squared error, against 1 for the next latent; 0:
    only the reward's own head does. A dream that C is evolved in for its rewards needs more."""
