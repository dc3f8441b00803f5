"""A stand-in for the outside world, written from the protocol pages; no code of the clients.

``python -m sandbox --home DIR`` serves two loopback ports. On the TLS port, where a client
certificate is required, are the stand-ins, each in a file of its own: `eboks`,
`digital_post` with `digital_post_receive` (the mail to the school, which waits in the `outbox`),
`sf1601`, and the registers `contacts` (who has Digital Post), `virk` (companies) and `cpr`
(people and guardians). On the plain port are the pages *Modtagerens postkasse* and *Fejl på
linjen*, the stand-in for the MitID signing service (`signing`, `signing_page`, `signing_pdf`) and,
under ``/api/``, the same in JSON for tests and scripts (`api`, `people_api`). ``DIR/address.json``
says where they are and which certificates to use.

Who the invented people are stands in `people` and `companies`, and all stand-ins ask `register`.
What can go wrong on the line stands in `faults`.
"""
