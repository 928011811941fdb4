-- What servers that share one PostgreSQL keep: the same tables as migrations/sqlite, with the
-- convention first in every key, so that many conventions share them and an engine that shards
-- PostgreSQL can spread them by it. What each column means stands there.

CREATE TABLE setting (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    name  TEXT NOT NULL,
    value BYTEA NOT NULL,
    PRIMARY KEY (convention, name)
);

CREATE TABLE log (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    log  BYTEA NOT NULL CHECK (length(log) = 24),
    head BIGINT NOT NULL CHECK (head >= 0),
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (convention, log)
);

CREATE TABLE fact (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    log    BYTEA NOT NULL CHECK (length(log) = 24),
    seq    BIGINT NOT NULL CHECK (seq > 0),
    sealed BYTEA NOT NULL,
    PRIMARY KEY (convention, log, seq)
);

CREATE TABLE branch (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    log    BYTEA NOT NULL CHECK (length(log) = 24),
    seq    BIGINT NOT NULL CHECK (seq > 0),
    sealed BYTEA NOT NULL,
    PRIMARY KEY (convention, log, seq)
);

CREATE TABLE concern (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    rehearsal BIGINT NOT NULL CHECK (rehearsal IN (0, 1)),
    attendee  BYTEA NOT NULL CHECK (length(attendee) = 16),
    log       BYTEA NOT NULL CHECK (length(log) = 24),
    seq       BIGINT NOT NULL,
    PRIMARY KEY (convention, rehearsal, attendee, log, seq)
);

CREATE TABLE dossier (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    rehearsal BIGINT NOT NULL CHECK (rehearsal IN (0, 1)),
    attendee  BYTEA NOT NULL CHECK (length(attendee) = 16),
    dossier   BYTEA NOT NULL,
    PRIMARY KEY (convention, rehearsal, attendee)
);

CREATE TABLE presence (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    rehearsal BIGINT NOT NULL CHECK (rehearsal IN (0, 1)),
    attendee  BYTEA NOT NULL CHECK (length(attendee) = 16),
    activity  TEXT NOT NULL,
    day       BIGINT NOT NULL,
    leg       BIGINT NOT NULL,
    entry_log BYTEA NOT NULL CHECK (length(entry_log) = 24),
    entry_seq BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    inside    BIGINT NOT NULL CHECK (inside IN (0, 1)),
    repeats   BIGINT NOT NULL,
    PRIMARY KEY (convention, rehearsal, attendee, activity, day, leg)
);

CREATE TABLE binding (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    rehearsal BIGINT NOT NULL CHECK (rehearsal IN (0, 1)),
    serial    BYTEA NOT NULL CHECK (length(serial) = 16),
    attendee  BYTEA NOT NULL CHECK (length(attendee) = 16),
    PRIMARY KEY (convention, rehearsal, serial, attendee)
);

CREATE TABLE occupancy (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    rehearsal BIGINT NOT NULL CHECK (rehearsal IN (0, 1)),
    activity  TEXT NOT NULL,
    day       BIGINT NOT NULL,
    leg       BIGINT NOT NULL,
    inside    BIGINT NOT NULL,
    PRIMARY KEY (convention, rehearsal, activity, day, leg)
);

CREATE TABLE attachment (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    hash    BYTEA NOT NULL CHECK (length(hash) = 32),
    salt    BYTEA NOT NULL CHECK (length(salt) = 16),
    content BYTEA NOT NULL,
    PRIMARY KEY (convention, hash)
);

CREATE TABLE wanted (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    log  BYTEA NOT NULL CHECK (length(log) = 24),
    seq  BIGINT NOT NULL,
    PRIMARY KEY (convention, hash, log, seq)
);

CREATE TABLE revocation (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    entry  BYTEA NOT NULL CHECK (length(entry) = 8),
    number BIGINT NOT NULL CHECK (number >= 0),
    PRIMARY KEY (convention, entry)
);

CREATE INDEX revocation_by_number ON revocation (convention, number);

CREATE TABLE blank (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    station BYTEA NOT NULL CHECK (length(station) = 16),
    number  BIGINT NOT NULL CHECK (number > 0),
    serial  BYTEA NOT NULL CHECK (length(serial) = 16),
    kid     BYTEA NOT NULL CHECK (length(kid) = 4),
    text    TEXT NOT NULL,
    used    BIGINT NOT NULL DEFAULT 0 CHECK (used IN (0, 1)),
    PRIMARY KEY (convention, station, number),
    UNIQUE (convention, serial)
);

CREATE TABLE attendee (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    scope    TEXT NOT NULL,
    id       BYTEA NOT NULL CHECK (length(id) = 16),
    revision BIGINT NOT NULL,
    row      BYTEA NOT NULL,
    PRIMARY KEY (convention, scope, id)
);

CREATE INDEX attendee_by_revision ON attendee (convention, scope, revision);

CREATE TABLE serial (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    serial   BYTEA NOT NULL CHECK (length(serial) = 16),
    attendee BYTEA NOT NULL CHECK (length(attendee) = 16),
    PRIMARY KEY (convention, serial)
);

CREATE TABLE scope (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    scope    TEXT NOT NULL,
    revision BIGINT NOT NULL,
    rows     BIGINT NOT NULL,
    digest   BYTEA NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (convention, scope)
);

CREATE TABLE print_job (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    id         BIGINT GENERATED ALWAYS AS IDENTITY,
    fact_log   BYTEA NOT NULL CHECK (length(fact_log) = 24),
    fact_seq   BIGINT NOT NULL,
    attendee   BYTEA NOT NULL CHECK (length(attendee) = 16),
    rehearsal  BIGINT NOT NULL CHECK (rehearsal IN (0, 1)),
    state      TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'confirmed', 'unknown', 'failed', 'held', 'cancelled')),
    made_at    BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (convention, id)
);

CREATE INDEX print_job_by_state ON print_job (convention, state, rehearsal, id);
CREATE INDEX print_job_by_attendee ON print_job (convention, attendee, rehearsal, id);

CREATE TABLE register (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    number TEXT NOT NULL,
    id     BYTEA NOT NULL CHECK (length(id) = 16),
    fields TEXT NOT NULL,
    PRIMARY KEY (convention, number),
    UNIQUE (convention, id)
);

CREATE TABLE station (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    id      BYTEA NOT NULL CHECK (length(id) = 16),
    name    TEXT NOT NULL,
    public  BYTEA CHECK (public IS NULL OR length(public) = 32),
    profile BYTEA NOT NULL,
    PRIMARY KEY (convention, id),
    UNIQUE (convention, name)
);

CREATE TABLE copied (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    station BYTEA NOT NULL CHECK (length(station) = 16),
    PRIMARY KEY (convention, station)
);

CREATE TABLE peer (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    station  BYTEA NOT NULL CHECK (length(station) = 16),
    address  TEXT NOT NULL,
    heard_at BIGINT NOT NULL,
    vector   BYTEA NOT NULL,
    PRIMARY KEY (convention, station)
);

CREATE TABLE printer (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    station  BYTEA NOT NULL CHECK (length(station) = 16),
    news     BYTEA NOT NULL,
    heard_at BIGINT NOT NULL,
    PRIMARY KEY (convention, station)
);

CREATE TABLE enrolment (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    code_hash  BYTEA NOT NULL CHECK (length(code_hash) = 32),
    selector   TEXT NOT NULL CHECK (length(selector) <= 2),
    station    BYTEA NOT NULL CHECK (length(station) = 16),
    replaces   BYTEA CHECK (replaces IS NULL OR length(replaces) = 16),
    expires_at BIGINT NOT NULL,
    wrong      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (convention, code_hash)
);

CREATE TABLE member (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    id     BYTEA NOT NULL CHECK (length(id) = 16),
    member BYTEA NOT NULL,
    PRIMARY KEY (convention, id)
);

CREATE TABLE quarantine (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    log       BYTEA NOT NULL CHECK (length(log) = 24),
    seq       BIGINT NOT NULL,
    disbelief TEXT NOT NULL,
    PRIMARY KEY (convention, log, seq)
);

CREATE TABLE parted (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    log   BYTEA NOT NULL CHECK (length(log) = 24),
    after BIGINT NOT NULL,
    PRIMARY KEY (convention, log)
);

CREATE TABLE confirmed (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    log BYTEA NOT NULL CHECK (length(log) = 24),
    seq BIGINT NOT NULL CHECK (seq >= 0),
    PRIMARY KEY (convention, log)
);

CREATE TABLE restored (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    at     BIGINT NOT NULL,
    log    BYTEA NOT NULL CHECK (length(log) = 24),
    held   BIGINT NOT NULL CHECK (held >= 0),
    known  BIGINT,
    backup TEXT NOT NULL,
    aside  TEXT NOT NULL,
    PRIMARY KEY (convention, at, log)
);

CREATE TABLE carried (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    station     BYTEA NOT NULL CHECK (length(station) = 16),
    said_at     BIGINT NOT NULL,
    vector      BYTEA NOT NULL,
    blanks_left BIGINT,
    PRIMARY KEY (convention, station)
);

-- From here on PostgreSQL only: what one server process has to tell the others. Nothing is lost
-- with it, so it is not written to the log of the database.

-- What each station said of itself in its last question.
CREATE UNLOGGED TABLE heard (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    station    BYTEA NOT NULL CHECK (length(station) = 16),
    told       BYTEA NOT NULL,
    PRIMARY KEY (convention, station)
);

-- Nonces of questions: each counts once, whichever process is asked.
CREATE UNLOGGED TABLE asked (
    convention BYTEA NOT NULL CHECK (length(convention) = 16),
    station    BYTEA NOT NULL CHECK (length(station) = 16),
    nonce      BYTEA NOT NULL CHECK (length(nonce) = 16),
    at         BIGINT NOT NULL,
    PRIMARY KEY (convention, station, nonce)
);
