"""What a provisioner is: values, types, the field table, claims and rules. No I/O, no clock."""
