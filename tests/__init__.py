"""The tests: unit, integration (real broker and registry), acceptance (the real command), chaos."""
