"""What people type who look for a node, and the node that they should find."""

WORDS = [
    ("t2v", "SoraVideoGrid"),
    ("txt2vid", "SoraVideoGrid"),
    ("i2v", "SoraAnimateImage"),
    ("v2v", "SoraEditVideo"),
    ("flf2v", "SoraKeyframe"),
    ("first last frame", "SoraKeyframe"),
    ("continuation", "SoraExtendVideo"),
    ("\u56fe\u751f\u89c6\u9891", "SoraAnimateImage"),
    ("\u6587\u751f\u89c6\u9891", "SoraVideoGrid"),
    ("\u9996\u5c3e\u5e27", "SoraKeyframe"),
    ("\u5faa\u73af", "SoraLoopVideo"),
    ("\u7eed\u5199", "SoraExtendVideo"),
]
