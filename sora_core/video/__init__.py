"""Video files, frame timing, source clips, joining of clips, and contact sheets."""
