"""Rectified flow: identities, schedules, solvers, guidance and the one sampling loop. Knows no model."""
