"""From bytes to pixels, and what pixels have in common. Nothing here knows labels or stores."""
