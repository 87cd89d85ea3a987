"""From a plan to a changed target: order, apply, verify, make live, recover."""
