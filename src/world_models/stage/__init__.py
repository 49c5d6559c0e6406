"""What all stages share: the command line, the log, one-line errors, the device."""
