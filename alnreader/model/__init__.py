"""The two networks, preprocessing, the bundle on disk, import of the authors' checkpoints."""
