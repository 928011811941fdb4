-- What a station or the server keeps. One schema for both: the server is a station too.
-- Ids are raw bytes (16 attendee and station, 24 log, 32 hash); times are whole milliseconds
-- since 1970 in UTC. This file is the reference; docs/schema.sql is a copy of it.

-- Single values by name: own_log, policy, contact_at, offset_ms, ...
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- How far each log is held: the vector of the exchange.
CREATE TABLE log (
    log  BLOB NOT NULL PRIMARY KEY CHECK (length(log) = 24),
    head INTEGER NOT NULL CHECK (head > 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

-- Every fact that is here, of every log, byte for byte as its station sealed it.
CREATE TABLE fact (
    log    BLOB NOT NULL CHECK (length(log) = 24),
    seq    INTEGER NOT NULL CHECK (seq > 0),
    sealed BLOB NOT NULL,
    PRIMARY KEY (log, seq)
) STRICT;

-- Facts that gave way to others at their places, because two copies of a folder wrote one log: as they
-- were sealed first. Own ones have moved to a new log.
CREATE TABLE branch (
    log    BLOB NOT NULL CHECK (length(log) = 24),
    seq    INTEGER NOT NULL CHECK (seq > 0),
    sealed BLOB NOT NULL,
    PRIMARY KEY (log, seq)
) STRICT;

-- Whom each fact concerns: what a fold of one person reads. Refusals concern nobody.
-- The person of 16 zero bytes stands for nobody: departures of buses.
CREATE TABLE concern (
    rehearsal INTEGER NOT NULL CHECK (rehearsal IN (0, 1)),
    attendee  BLOB NOT NULL CHECK (length(attendee) = 16),
    log       BLOB NOT NULL CHECK (length(log) = 24),
    seq       INTEGER NOT NULL,
    PRIMARY KEY (rehearsal, attendee, log, seq)
) STRICT, WITHOUT ROWID;

-- Projections from here to occupancy: what facts come to. Rebuilt from facts at any time.
-- Rehearsed ones (rehearsal = 1) are seen by rehearsals and test passes only.

-- Everything that facts say about one person, as a CBOR map.
CREATE TABLE dossier (
    rehearsal INTEGER NOT NULL CHECK (rehearsal IN (0, 1)),
    attendee  BLOB NOT NULL CHECK (length(attendee) = 16),
    dossier   BLOB NOT NULL,
    PRIMARY KEY (rehearsal, attendee)
) STRICT, WITHOUT ROWID;

-- The first admission of a person to a part of an activity, and whether the person is inside.
-- Day and leg are 0 where the whole activity is one part (modes once and reentry).
CREATE TABLE presence (
    rehearsal INTEGER NOT NULL CHECK (rehearsal IN (0, 1)),
    attendee  BLOB NOT NULL CHECK (length(attendee) = 16),
    activity  TEXT NOT NULL,
    day       INTEGER NOT NULL,
    leg       INTEGER NOT NULL,
    entry_log BLOB NOT NULL CHECK (length(entry_log) = 24),
    entry_seq INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    inside    INTEGER NOT NULL CHECK (inside IN (0, 1)),
    repeats   INTEGER NOT NULL,
    PRIMARY KEY (rehearsal, attendee, activity, day, leg)
) STRICT, WITHOUT ROWID;

-- From the number inside a blank to whom it was bound; two rows: two stations bound one blank.
CREATE TABLE binding (
    rehearsal INTEGER NOT NULL CHECK (rehearsal IN (0, 1)),
    serial    BLOB NOT NULL CHECK (length(serial) = 16),
    attendee  BLOB NOT NULL CHECK (length(attendee) = 16),
    PRIMARY KEY (rehearsal, serial, attendee)
) STRICT, WITHOUT ROWID;

-- How many are in, by activity, day and leg.
CREATE TABLE occupancy (
    rehearsal INTEGER NOT NULL CHECK (rehearsal IN (0, 1)),
    activity  TEXT NOT NULL,
    day       INTEGER NOT NULL,
    leg       INTEGER NOT NULL,
    inside    INTEGER NOT NULL,
    PRIMARY KEY (rehearsal, activity, day, leg)
) STRICT, WITHOUT ROWID;

-- Particulars of walk-ins and corrections, beside the facts that name their hash.
CREATE TABLE attachment (
    hash    BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    salt    BLOB NOT NULL CHECK (length(salt) = 16),
    content BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Attachments that a fact here names and nobody has brought yet, and which fact: who holds the fact
-- may have the attachment.
CREATE TABLE wanted (
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    log  BLOB NOT NULL CHECK (length(log) = 24),
    seq  INTEGER NOT NULL,
    PRIMARY KEY (hash, log, seq)
) STRICT, WITHOUT ROWID;

-- Passes that open nothing: the first 8 bytes of SHA-256 of the serial, and since which number
-- of the list; 0: the server has lost it since, and it holds here all the same.
CREATE TABLE revocation (
    entry  BLOB NOT NULL PRIMARY KEY CHECK (length(entry) = 8),
    number INTEGER NOT NULL CHECK (number >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX revocation_by_number ON revocation (number);

-- Signed badge passes without a person. At a station: its own; at the server: everybody's.
CREATE TABLE blank (
    station BLOB NOT NULL CHECK (length(station) = 16),
    number  INTEGER NOT NULL CHECK (number > 0),
    serial  BLOB NOT NULL UNIQUE CHECK (length(serial) = 16),
    kid     BLOB NOT NULL CHECK (length(kid) = 4),
    text    TEXT NOT NULL,
    -- Bound once, so perhaps printed: never given out again, also when the binding is undone.
    used    INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1)),
    PRIMARY KEY (station, number)
) STRICT, WITHOUT ROWID;

-- The roster by scope: an attendee's canonical bytes. The server's own whole roster has scope '*'.
CREATE TABLE attendee (
    scope    TEXT NOT NULL,
    id       BLOB NOT NULL CHECK (length(id) = 16),
    revision INTEGER NOT NULL,
    row      BLOB NOT NULL,
    PRIMARY KEY (scope, id)
) STRICT, WITHOUT ROWID;

-- The server's way to what changed since a revision.
CREATE INDEX attendee_by_revision ON attendee (scope, revision);

-- From the number inside a pass to its attendee.
CREATE TABLE serial (
    serial   BLOB NOT NULL PRIMARY KEY CHECK (length(serial) = 16),
    attendee BLOB NOT NULL CHECK (length(attendee) = 16)
) STRICT, WITHOUT ROWID;

-- Which state of each scope is held.
CREATE TABLE scope (
    scope    TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    rows     INTEGER NOT NULL,
    digest   BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT, WITHOUT ROWID;

-- Badges to print, one row a job: queued, sent, confirmed, unknown, failed.
-- Written in the transaction of its fact, so that a crash leaves both or neither.
-- A rehearsed badge prints in a rehearsal only. No row is ever deleted, so ids only rise.
CREATE TABLE print_job (
    id         INTEGER NOT NULL PRIMARY KEY,
    fact_log   BLOB NOT NULL CHECK (length(fact_log) = 24),
    fact_seq   INTEGER NOT NULL,
    attendee   BLOB NOT NULL CHECK (length(attendee) = 16),
    rehearsal  INTEGER NOT NULL CHECK (rehearsal IN (0, 1)),
    state      TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'confirmed', 'unknown', 'failed', 'held', 'cancelled')),
    made_at    INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX print_job_by_state ON print_job (state, rehearsal, id);
CREATE INDEX print_job_by_attendee ON print_job (attendee, rehearsal, id);

-- Server: the organiser's list, whole, by registration number; `fields` is a JSON object.
CREATE TABLE register (
    number TEXT NOT NULL PRIMARY KEY,
    id     BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    fields TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Server: every station that was added. `public` comes with its enrolment.
CREATE TABLE station (
    id      BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name    TEXT NOT NULL UNIQUE,
    public  BLOB CHECK (public IS NULL OR length(public) = 32),
    profile BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Server: stations whose folder works in more than one copy.
CREATE TABLE copied (
    station BLOB NOT NULL PRIMARY KEY CHECK (length(station) = 16)
) STRICT, WITHOUT ROWID;

-- Stations of the same site that were met on the LAN: where, when, and what they said they hold (the
-- vector as CBOR). The own row says where this station listened last.
CREATE TABLE peer (
    station  BLOB NOT NULL PRIMARY KEY CHECK (length(station) = 16),
    address  TEXT NOT NULL,
    heard_at INTEGER NOT NULL,
    vector   BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- How the printers of stations are (CBOR), as each said last: of this site at a station.
CREATE TABLE printer (
    station  BLOB NOT NULL PRIMARY KEY CHECK (length(station) = 16),
    news     BLOB NOT NULL,
    heard_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Server: one-time codes, stored as SHA-256; the code itself is only ever printed.
-- A wrong code counts against every code that begins with the same two letters (`selector`).
CREATE TABLE enrolment (
    code_hash  BLOB NOT NULL PRIMARY KEY CHECK (length(code_hash) = 32),
    selector   TEXT NOT NULL CHECK (length(selector) <= 2),
    station    BLOB NOT NULL CHECK (length(station) = 16),
    -- The station whose work the new one takes over once it has enrolled.
    replaces   BLOB CHECK (replaces IS NULL OR length(replaces) = 16),
    expires_at INTEGER NOT NULL,
    wrong      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Who belongs to the convention, a CBOR map each: on the server as it decides, at a station as the
-- list says that the server signed (setting `members`).
CREATE TABLE member (
    id     BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    member BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Facts that are kept and not believed, and why. It follows from facts and members, and what is here
-- is in no `concern`.
CREATE TABLE quarantine (
    log       BLOB NOT NULL CHECK (length(log) = 24),
    seq       INTEGER NOT NULL,
    disbelief TEXT NOT NULL,
    PRIMARY KEY (log, seq)
) STRICT, WITHOUT ROWID;

-- Logs of other stations of which the server holds other facts than this ledger, and the place up to
-- which both surely agree: their stations' folders were copied.
CREATE TABLE parted (
    log   BLOB NOT NULL PRIMARY KEY CHECK (length(log) = 24),
    after INTEGER NOT NULL CHECK (after >= 0)
) STRICT, WITHOUT ROWID;

-- How far the server holds each log of this station, which may have begun several.
CREATE TABLE confirmed (
    log BLOB NOT NULL PRIMARY KEY CHECK (length(log) = 24),
    seq INTEGER NOT NULL CHECK (seq >= 0)
) STRICT, WITHOUT ROWID;

-- Times that this file was put back after damage, a row for each of the station's logs: how far it
-- was here then (held), how far it had gone (known; null: nobody could tell), out of which backup
-- (empty: from the server alone), and the folder in which the damaged file lies.
CREATE TABLE restored (
    at     INTEGER NOT NULL,
    log    BLOB NOT NULL CHECK (length(log) = 24),
    held   INTEGER NOT NULL CHECK (held >= 0),
    known  INTEGER,
    backup TEXT NOT NULL,
    aside  TEXT NOT NULL,
    PRIMARY KEY (at, log)
) STRICT, WITHOUT ROWID;

-- Server: what each station last said of itself in a bundle: its vector (CBOR), when it was written,
-- and how many blanks it had left; null once a bundle was made in answer, so that no number of a
-- blank stands in two files.
CREATE TABLE carried (
    station     BLOB NOT NULL PRIMARY KEY CHECK (length(station) = 16),
    said_at     INTEGER NOT NULL,
    vector      BLOB NOT NULL,
    blanks_left INTEGER
) STRICT, WITHOUT ROWID;
