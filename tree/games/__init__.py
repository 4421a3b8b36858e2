"""Games that come with gradcheck."""
