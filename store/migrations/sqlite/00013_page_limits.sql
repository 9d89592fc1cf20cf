-- +goose Up
-- How much one person was paged by one provider: when the next may follow, as all gateways count it together.
CREATE TABLE page_limits (
    name TEXT NOT NULL PRIMARY KEY,
    free INTEGER NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE page_limits;
