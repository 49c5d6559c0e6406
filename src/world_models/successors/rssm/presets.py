"""The four presets, and how they differ. Defaults are those of the authors' published code.

Sources: google-research/planet (scripts/configs.py), danijar/dreamer (dreamer.py),
danijar/dreamerv2 (configs.yaml, with its Atari section), danijar/dreamerv3 (configs.yaml, 2025).
"""

from typing import Literal

from pydantic import Field

from world_models.successors.rssm.settings import Activation, Norm, RssmSettings


class Dreamer3Settings(RssmSettings):
    """Dreamer 3 (Hafner et al., 2023; Nature 2025), at the authors' default size, 200M."""

    slots: int = 16


class Dreamer2Settings(RssmSettings):
    """Dreamer 2 (Hafner et al., 2021), with its settings for Atari."""

    prefill_steps: int = 200_000
    replay_rows: int = 2_000_000
    batch_length: int = 50
    train_ratio: float = 200.0
    latent_classes: int | None = 32
    unimix: float = 0.0
    recurrent_size: int = 600
    hidden_size: int = 600
    cell: Literal["gru", "norm_gru", "block_gru"] = "norm_gru"
    blocks: int = 1
    prior_layers: int = 1
    depth: int = 48
    multiples: list[int] = Field([1, 2, 4, 8])
    convolution: Literal["valid", "strided", "pooled"] = "valid"
    image_output: Literal["normal", "sigmoid"] = "normal"
    activation: Activation = "elu"
    convolution_activation: Activation = "elu"
    norm: Norm = "none"
    head_units: int = 400
    reward_layers: int = 4
    continue_layers: int = 4
    scalar_output: Literal["normal", "two_hot"] = "normal"
    reward_transform: Literal["none", "tanh"] = "tanh"
    continue_scale: float = 5.0
    kl_dynamics: float = 0.08
    kl_representation: float = 0.02
    free_nats: float = 0.0
    free_nats_of: Literal["step", "mean"] = "mean"
    discount: float = 0.999
    actor_layers: int = 4
    critic_layers: int = 4
    actor_gradient: Literal["auto", "reinforce", "pathwise"] = "auto"
    entropy_scale: float = 1e-3
    number_policy: Literal["tanh_normal", "truncated_normal", "bounded_normal"] = "truncated_normal"
    actor_unimix: float = 0.0
    normalise_returns: bool = False
    slow_critic: Literal["none", "target", "regulariser"] = "target"
    slow_critic_rate: float = 1.0
    slow_critic_every: int = 100
    replay_value_scale: float = 0.0
    evaluates_mode: bool = True
    optimiser: Literal["adam", "laprop"] = "adam"
    model_learning_rate: float = 2e-4
    actor_learning_rate: float = 4e-5
    critic_learning_rate: float = 1e-4
    adam_epsilon: float = 1e-5
    gradient_clip: float = 100.0
    weight_decay: float = 1e-6
    warmup_updates: int = 0


class Dreamer1Settings(Dreamer2Settings):
    """Dreamer (Hafner et al., 2020)."""

    steps: int = 5_000_000
    action_repeat: int = 2
    prefill_steps: int = 5_000
    batch_size: int = 50
    train_ratio: float = 500.0
    pretrain_updates: int = 100
    latent_size: int = 30
    latent_classes: int | None = None
    recurrent_size: int = 200
    hidden_size: int = 200
    cell: Literal["gru", "norm_gru", "block_gru"] = "gru"
    depth: int = 32
    convolution_activation: Activation = "relu"
    reward_layers: int = 2
    continue_layers: int = 3
    reward_transform: Literal["none", "tanh"] = "none"
    predicts_continue: bool = False
    continue_scale: float = 10.0
    kl_dynamics: float = 1.0
    kl_representation: float = 1.0
    free_nats: float = 3.0
    discount: float = 0.99
    critic_layers: int = 3
    actor_gradient: Literal["auto", "reinforce", "pathwise"] = "pathwise"
    entropy_scale: float = 0.0
    number_policy: Literal["tanh_normal", "truncated_normal", "bounded_normal"] = "tanh_normal"
    slow_critic: Literal["none", "target", "regulariser"] = "none"
    exploration: float = 0.3
    model_learning_rate: float = 6e-4
    actor_learning_rate: float = 8e-5
    critic_learning_rate: float = 8e-5
    adam_epsilon: float = 1e-7
    weight_decay: float = 0.0


class PlanetSettings(Dreamer1Settings):
    """PlaNet (Hafner et al., 2019)."""

    steps: int = 1_000_000
    action_repeat: int = 4
    train_ratio: float = 1000.0
    pretrain_updates: int = 0
    image_bits: int = 5
    activation: Activation = "relu"
    head_units: int = 100
    reward_scale: float = 10.0
    free_nats_of: Literal["step", "mean"] = "step"
    behaviour: Literal["actor_critic", "planning"] = "planning"
    horizon: int = 12
    model_learning_rate: float = 1e-3
    adam_epsilon: float = 1e-4
    gradient_clip: float = 1000.0


PRESETS: dict[str, type[RssmSettings]] = {
    "planet": PlanetSettings,
    "dreamer_1": Dreamer1Settings,
    "dreamer_2": Dreamer2Settings,
    "dreamer_3": Dreamer3Settings,
}
