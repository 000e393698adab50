-- Every object of Stripe's and the simulator's own, as JSON; `account` is the connected account that owns it, '' the platform.
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, id)
);
CREATE INDEX IF NOT EXISTS objects_listed ON objects (kind, account, seq);
CREATE INDEX IF NOT EXISTS objects_by_charge ON objects (kind, json_extract(body, '$.charge'))
    WHERE kind IN ('refund', 'dispute', 'application_fee');
CREATE INDEX IF NOT EXISTS objects_by_payment_intent ON objects (kind, json_extract(body, '$.payment_intent'))
    WHERE kind IN ('refund', 'dispute', 'charge', 'checkout.session');
CREATE INDEX IF NOT EXISTS balance_transactions_by_source ON objects (json_extract(body, '$.source'))
    WHERE kind = 'balance_transaction';

-- Who got and who gave, the world outside included: the nets of one operation sum to zero.
CREATE TABLE IF NOT EXISTS ledger (
    seq INTEGER PRIMARY KEY,
    operation INTEGER NOT NULL,
    party TEXT NOT NULL,
    currency TEXT NOT NULL,
    net INTEGER NOT NULL,
    available_on INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS ledger_by_party ON ledger (party, currency, available_on);

CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    batch TEXT NOT NULL, -- what happened together is delivered in order; batches overtake each other
    endpoint TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL,
    answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event, state);

CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY,
    due_at REAL NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due_at);

CREATE TABLE IF NOT EXISTS idempotency (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    request_id TEXT NOT NULL,
    body BLOB NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
