"""Where provisioners live; all input and output on targets."""
