-- +goose Up
-- How much one person was paged by one provider: when the next may follow, as all gateways count it together.
CREATE TABLE page_limits (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    free BIGINT NOT NULL
);

-- +goose Down
DROP TABLE page_limits;
