"""Settings of a recurrent state-space model and its behaviour."""

from typing import Any, Literal

from pydantic import Field, model_validator

from world_models.successors.settings import ReplaySettings

Activation = Literal["relu", "elu", "silu"]
Norm = Literal["none", "layer", "rms"]


class RssmSettings(ReplaySettings):
    """A recurrent state-space model and its actor or planner. The defaults are Dreamer 3's."""

    latent_size: int = Field(32, ge=1)
    """Number of normal or categorical variables in z."""
    latent_classes: int | None = Field(64, ge=2)
    """Classes of each categorical variable; null: z is normal."""
    unimix: float = Field(0.01, ge=0, lt=1)
    """Weight of the uniform distribution in each categorical variable, in samples and in the KL."""
    recurrent_size: int = Field(8192, ge=1)
    """Units of the GRU, h."""
    hidden_size: int = Field(1024, ge=1)
    """Units of the layers before and after the GRU."""
    cell: Literal["gru", "norm_gru", "block_gru"] = "block_gru"
    """A GRU: plain; with layer norm and a bias towards keeping its state; or block-diagonal."""
    blocks: int = Field(8, ge=1)
    """Blocks of the recurrent weights (block_gru), and of the decoder's first layer."""
    prior_layers: int = Field(2, ge=1)
    """Layers from h to the prior."""
    depth: int = Field(64, ge=1)
    """Base number of channels of the convolutions; see `multiples`."""
    multiples: list[int] = Field([2, 3, 4, 4], min_length=4, max_length=4)
    """Channels of the four convolutions, in multiples of `depth`, starting next to the image."""
    convolution: Literal["valid", "strided", "pooled"] = "pooled"
    """valid: 4x4 with stride 2, no padding, as V's; strided or pooled: 5x5 with padding, halved by
    stride 2 or by 2x2 max pooling."""
    image_bits: int = Field(8, ge=1, le=8)
    """Bits kept of each colour; below 8, noise replaces the dropped ones in training."""
    image_output: Literal["normal", "sigmoid"] = "sigmoid"
    """normal: unbounded, trained with half the squared error; sigmoid: 0 to 1, trained with the
    squared error."""
    activation: Activation = "silu"
    """Activation of the dense layers."""
    convolution_activation: Activation = "silu"
    """Activation of the convolutions."""
    norm: Norm = "rms"
    """Norm before each activation. The authors' first Dreamer 3 code used layer norm, which is
    several times as fast on a CPU."""
    head_units: int = Field(1024, ge=1)
    """Units of each hidden layer of the reward, continue, actor and critic heads."""
    reward_layers: int = Field(1, ge=0)
    """Hidden layers of the reward head."""
    continue_layers: int = Field(1, ge=0)
    """Hidden layers of the continue head, which predicts whether the episode goes on."""
    scalar_output: Literal["normal", "two_hot"] = "two_hot"
    """Reward and value as a number, or as 255 exponentially spaced bins."""
    reward_transform: Literal["none", "tanh"] = "none"
    """Transform of the rewards that the model learns."""
    reward_scale: float = Field(1.0, gt=0)
    """Weight of the reward loss."""
    predicts_continue: bool = True
    """The model has a continue head. Without it, imagined episodes never end."""
    continue_scale: float = Field(1.0, gt=0)
    """Weight of the continue head's loss."""
    kl_dynamics: float = Field(1.0, ge=0)
    """Weight of the KL that only the prior learns from."""
    kl_representation: float = Field(0.1, ge=0)
    """Weight of the KL that only the posterior learns from."""
    free_nats: float = Field(1.0, ge=0)
    """Below this, in nats, a KL has no gradient."""
    free_nats_of: Literal["step", "mean"] = "step"
    """Whether free_nats applies to each step's KL or to the batch's mean."""
    behaviour: Literal["actor_critic", "planning"] = "actor_critic"
    """Act with a learnt actor, or plan by a search over action sequences (CEM)."""
    horizon: int = Field(15, ge=1)
    """Steps of an imagined episode or plan."""
    discount: float = Field(1 - 1 / 333, gt=0, le=1)
    """γ per action, which is held for action_repeat environment steps."""
    return_lambda: float = Field(0.95, ge=0, le=1)
    """λ of the returns."""
    actor_layers: int = Field(3, ge=1)
    """Hidden layers of the actor."""
    critic_layers: int = Field(3, ge=1)
    """Hidden layers of the critic."""
    actor_gradient: Literal["auto", "reinforce", "pathwise"] = "reinforce"
    """pathwise: through imagined steps; auto: pathwise for continuous actions, else reinforce."""
    entropy_scale: float = Field(3e-4, ge=0)
    """Weight of the actor's entropy."""
    number_policy: Literal["tanh_normal", "truncated_normal", "bounded_normal"] = "bounded_normal"
    """The actor's distribution if actions are continuous."""
    actor_unimix: float = Field(0.01, ge=0, lt=1)
    """Weight of the uniform distribution in the actor's, if actions are discrete."""
    normalise_returns: bool = True
    """Divide advantages by the returns' spread, 5th to 95th percentile, if it is above 1."""
    slow_critic: Literal["none", "target", "regulariser"] = "regulariser"
    """Use of a slow copy of the critic: as the returns' values, or to regularise the critic."""
    slow_critic_rate: float = Field(0.02, gt=0, le=1)
    """Fraction of the way that the slow copy moves towards the critic; 1 copies it."""
    slow_critic_every: int = Field(1, ge=1)
    """Updates between two moves of the slow copy."""
    replay_value_scale: float = Field(0.3, ge=0)
    """Weight of the critic's loss on replayed steps, which also trains the model."""
    exploration: float = Field(0.0, ge=0)
    """In training: σ of the noise on continuous actions, or fraction of random discrete ones."""
    evaluates_mode: bool = False
    """At evaluation, take the actor's likeliest action instead of a sample."""
    plan_candidates: int = Field(1000, ge=2)
    """Action sequences in an iteration of CEM."""
    plan_elites: int = Field(100, ge=1)
    """Best sequences of an iteration, whose mean and σ the next one samples from."""
    plan_iterations: int = Field(10, ge=1)
    """Iterations of CEM for each action."""
    optimiser: Literal["adam", "laprop"] = "laprop"
    """Adam with gradients clipped by their norm, or LaProp with adaptive clipping (AGC)."""
    model_learning_rate: float = Field(4e-5, gt=0)
    """Step size of the world model."""
    actor_learning_rate: float = Field(4e-5, gt=0)
    """Step size of the actor."""
    critic_learning_rate: float = Field(4e-5, gt=0)
    """Step size of the critic."""
    adam_epsilon: float = Field(1e-20, gt=0)
    """Added to the root of the second moment."""
    gradient_clip: float = Field(0.3, gt=0)
    """Maximum gradient norm of model, actor and critic; AGC: relative to each weight's norm."""
    weight_decay: float = Field(0.0, ge=0)
    """Fraction of each weight that a step of size 1 would remove; Adam only."""
    warmup_updates: int = Field(1000, ge=0)
    """Updates over which step sizes rise from 0; LaProp only."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Give a preset, which states only defaults, the bounds of this class."""
        super().__pydantic_init_subclass__(**kwargs)
        for key in cls.__annotations__.keys() & RssmSettings.model_fields.keys():
            cls.model_fields[key].metadata = RssmSettings.model_fields[key].metadata
        cls.model_rebuild(force=True)

    @model_validator(mode="after")
    def _fits(self) -> "RssmSettings":
        if self.plan_elites > self.plan_candidates:
            raise ValueError(
                f"plan_elites {self.plan_elites} exceeds plan_candidates {self.plan_candidates}"
            )
        in_blocks = self.convolution != "valid"  # the decoder's first layer
        if (in_blocks or self.cell == "block_gru") and self.recurrent_size % self.blocks:
            raise ValueError(f"recurrent_size {self.recurrent_size} is not a multiple of blocks")
        if in_blocks and self.depth * self.multiples[-1] % self.blocks:
            raise ValueError("depth times the last of multiples is not a multiple of blocks")
        return self
