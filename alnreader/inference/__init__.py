"""Encode once, score many; heat maps, contributions, input checks, devices."""
