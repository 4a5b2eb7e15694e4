"""How people run and see it: command line, settings, metrics, replay, simulation, demo."""
