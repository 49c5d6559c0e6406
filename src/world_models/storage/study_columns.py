"""The columns of the CSV files that only the tables of all studies show."""

# evaluation/experience.csv: a row a player: episodes played and kept, and the steps of the latter.
EXPERIENCE_NUMBERS = ("played", "kept", "steps")
EXPERIENCE = ("player", *EXPERIENCE_NUMBERS)

# evaluation/NAME.seen.csv: a row an episode; blank where M or the task has no such thing.
SEEN_NUMBERS = ("episode", "seed", "steps", "score")
SEEN_BLANK = ("surprise", "coverage", "astray")
SEEN = ("look", *SEEN_NUMBERS, "vision_error", *SEEN_BLANK)

# evaluation/horizon.csv: a row a temperature and horizon; blank where no dream could be compared.
HORIZON_NUMBERS = ("temperature", "horizon", "starts", "going")
HORIZON_BLANK = (
    "latent", "latent_copy", "pixel", "pixel_copy", "pixel_vision", "reward", "reward_mean",
    "died_too_soon", "died_in_time",
)  # fmt: skip
HORIZON = (*HORIZON_NUMBERS, *HORIZON_BLANK)

# evaluation/regions.csv: a row a region of the frames.
REGIONS_NUMBERS = ("share", "error", "mean_image_error")
REGIONS = ("region", *REGIONS_NUMBERS)
