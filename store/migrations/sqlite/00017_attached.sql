-- +goose Up
-- What is kept as an attachment of some message: the first 16 letters of its SHA-256. A quarantined mail that is the
-- same, byte for byte, lies under the same name, and is not removed when it is discarded.
CREATE TABLE attached (
    name TEXT PRIMARY KEY
) WITHOUT ROWID;
INSERT INTO attached (name)
    SELECT DISTINCT substr(json_extract(a.value, '$.sha256'), 1, 16) FROM messages, json_each(messages.doc, '$.attachments') a
    WHERE doc LIKE '%"attachments":%' AND json_extract(a.value, '$.sha256') IS NOT NULL;
UPDATE mails SET gzip = 0 WHERE gzip = 2;

-- +goose Down
UPDATE mails SET gzip = 2 WHERE gzip = 0 AND blob <> '' AND substr(blob, 1, 16) IN (SELECT name FROM attached);
DROP TABLE attached;
