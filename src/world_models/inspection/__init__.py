"""Films of controllers and dreams, repeated evaluations, and exports for the browser demo."""
