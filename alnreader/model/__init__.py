"""The two networks, preprocessing, the bundle on disk, import of the authors' checkpoints.

`multitask` (on `backbone` and `mask_decoder`) and `multi_instance` are the networks, `preprocess` makes
their input. `bundle` (on `card` and `weights`) is a model on disk and imports no torch until a network is
built. `authors` (on `authors_names`) turns the checkpoints of the paper's authors into a bundle.
"""
