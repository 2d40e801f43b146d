"""What the system tests share: private PostgreSQL, the programs, SMPP peers in plain Python."""
