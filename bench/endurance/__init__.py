"""What bench/soak is made of: its world, what is looked at meanwhile, the books at its end, its report."""
