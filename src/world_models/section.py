"""The base of every settings class: strict, frozen, documented in place."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of config.yaml. Unknown keys and wrong types are errors; defaults are the paper's.

    Numbers are not guessed from text, and whole numbers are not made of fractions. The string
    under a field is its description in the JSON schema.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )
