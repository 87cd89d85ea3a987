"""The rules of a check: what step-ca refuses, what takes access away, what will be regretted."""
