"""Prompts to conditioning: the tokenizer and the umT5 encoder of the bundled model and of the Wan family."""

from .model import TextEncoder, TextEncoderConfig, train_tokenizer

__all__ = ["TextEncoder", "TextEncoderConfig", "train_tokenizer"]
