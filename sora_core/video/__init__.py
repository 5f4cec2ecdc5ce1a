"""Video files in and out, when frames are shown, source clips, joined clips and contact sheets."""
