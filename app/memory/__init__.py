"""The memory of the service: how much there may be, how much there is, and the budget that requests share."""
