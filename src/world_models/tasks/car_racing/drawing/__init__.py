"""CarRacing's pictures, drawn by compiled code."""
