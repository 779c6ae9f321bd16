"""Speed and memory of importing a catalogue, compared with an earlier version of the code."""
