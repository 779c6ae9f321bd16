"""The words of one generation: frequencies, adjacent pairs, spelling neighbours, and names of values."""
