"""Benchmarks of the imaging room. They use the samples of its tests, which import each other by their plain names."""
