"""What people look at: films of controllers, and scores measured again."""
