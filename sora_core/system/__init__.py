"""What the machine gives: files that appear whole, memory that may run out, devices that may not be there."""
