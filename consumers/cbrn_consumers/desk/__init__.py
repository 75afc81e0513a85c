"""The desk: the duty officers' pages, over a database that is a projection of what Kafka holds.

`accounts` says who may see and do what, `store` keeps what was read, `picture` draws, `report` makes events of forms,
`rulebook` reads and explains the rules,
`web` serves the pages. Nothing here is the truth: that lies in Kafka, and the database can be lost.
"""
