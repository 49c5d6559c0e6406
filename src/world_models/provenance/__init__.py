"""What a result was made from: code, pinned packages, settings, and the stages behind it."""
