"""What a bundle is worth on a cohort: figures with intervals, curves, subgroups, worst cases."""
