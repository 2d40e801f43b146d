"""What bench/compare is made of: what stands between generator and simulator, how it is measured, and what is told of it."""
