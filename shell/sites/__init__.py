"""What a session does otherwise for a file than for a CA: one class each, of one shape (`shell.sites.site`)."""
