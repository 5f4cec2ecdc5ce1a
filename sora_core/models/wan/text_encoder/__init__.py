"""Tokenizer and umT5 text encoder of the bundled model and of the Wan family."""

from .model import TextEncoder, TextEncoderConfig, train_tokenizer

__all__ = ["TextEncoder", "TextEncoderConfig", "train_tokenizer"]
