"""Settings that came after results were published."""

from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from world_models.section import Section


class Extended(Section):
    """A section with further keys, which are left out of its text where they have their defaults.

    A result's provenance holds its settings' text. So a key that came later leaves results alone
    that were made before it; with another value it is part of them, and another module makes them
    (`Stage.extended`). A class names the section that it extends as its first base.
    """

    @classmethod
    def further(cls) -> list[str]:
        """Return the keys that the section it extends doesn't have."""
        (section,) = (base for base in cls.__bases__ if base is not Extended)
        assert issubclass(section, Section)
        return [name for name in cls.model_fields if name not in section.model_fields]

    @property
    def varied(self) -> bool:
        """Whether one of the further keys has another value than its default."""
        fields = type(self).model_fields
        return any(getattr(self, name) != fields[name].default for name in self.further())

    @model_serializer(mode="wrap")
    def _without_further_defaults(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        for name in self.further():
            if getattr(self, name) == type(self).model_fields[name].default:
                content.pop(name, None)
        return content


def is_varied(section: Section) -> bool:
    """Say whether a section has further keys of which one is not at its default."""
    return isinstance(section, Extended) and section.varied
