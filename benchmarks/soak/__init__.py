"""The soak: one worker under steady load and small faults for a quarter of an hour; does anything grow?"""
