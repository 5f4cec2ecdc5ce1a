"""The claims of OpenAI's report "Video generation models as world simulators" as measurements: one module for each."""
