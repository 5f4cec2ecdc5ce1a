"""The command line: `generate`, and what all commands share."""
