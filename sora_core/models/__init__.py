"""The models: what they are conditioned on, the named sizes, and the classes in the layout of Wan."""
