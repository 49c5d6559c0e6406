"""What CarRacing shows, drawn by compiled code."""
