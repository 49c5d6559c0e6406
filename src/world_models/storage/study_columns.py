"""The columns of the CSV files that only the tables of all studies show."""

# evaluation/experience.csv: one row per player: episodes played, episodes kept, and steps kept.
EXPERIENCE_NUMBERS = ("played", "kept", "steps")
EXPERIENCE = ("player", *EXPERIENCE_NUMBERS)

# evaluation/NAME.seen.csv: one row per episode; blank if M or the task has no such quantity.
SEEN_NUMBERS = ("episode", "seed", "steps", "score")
SEEN_BLANK = ("surprise", "coverage", "astray")
SEEN = ("look", *SEEN_NUMBERS, "vision_error", *SEEN_BLANK)

# evaluation/horizon.csv: one row per temperature and horizon; blank if nothing was comparable.
HORIZON_NUMBERS = ("temperature", "horizon", "starts", "going")
HORIZON_BLANK = (
    "latent", "latent_copy", "pixel", "pixel_copy", "pixel_vision", "reward", "reward_mean",
    "died_too_soon", "died_in_time",
)  # fmt: skip
HORIZON = (*HORIZON_NUMBERS, *HORIZON_BLANK)

# evaluation/regions.csv: one row per region of the frames.
REGIONS_NUMBERS = ("share", "error", "mean_image_error")
REGIONS = ("region", *REGIONS_NUMBERS)
