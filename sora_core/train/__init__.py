"""Training: a resumable loop with a time budget, and what it trains. `python -m sora_core.train vae|dit`."""
