"""The backend of a running CA: its admin API, spoken to over one connection with one login."""
