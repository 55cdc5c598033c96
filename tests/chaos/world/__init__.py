"""What a run consists of while it runs: brokers, wires, workers, and the hands that break them."""
