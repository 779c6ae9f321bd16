"""Speed and memory of importing a catalogue, beside an earlier version of the code."""
