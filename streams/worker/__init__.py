"""The worker process: its two halves, what must hold before they start, and how they are."""
