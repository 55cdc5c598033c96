"""What the adapters of web hooks share: their bodies, many notifications in one, and who reads what was posted."""
