"""ca.json text and the admin API's form, to and from the model; keeps what it does not understand."""
