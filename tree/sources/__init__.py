"""Games from files and from other libraries."""
