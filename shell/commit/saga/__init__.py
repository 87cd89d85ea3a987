"""The commit to a running CA, whose admin API has no transactions: a saga with a pivot.

Steps are ordered so that every state on the way is legal, and journaled before they are sent. Until the
first provisioner is removed an error takes everything back; from then on the commit goes forward.
"""
