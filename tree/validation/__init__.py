"""What games and arguments may be, checked at the door."""
