"""What bench/overload is made of: cases, their run, what must hold."""
