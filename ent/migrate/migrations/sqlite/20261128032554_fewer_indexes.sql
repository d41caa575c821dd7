-- +goose Up
-- drop index "invitation_checked_at" from table: "invitations"
DROP INDEX `invitation_checked_at`;
-- drop index "invitation_account_ref" from table: "invitations"
DROP INDEX `invitation_account_ref`;
-- create index "invitation_checked" to table: "invitations"
CREATE INDEX `invitation_checked` ON `invitations` (`checked_at`) WHERE account_ref IS NOT NULL AND provisioning = 'SUCCEEDED' AND techpass_status <> 'USER_NOT_FOUND';
-- create index "invitation_account" to table: "invitations"
CREATE INDEX `invitation_account` ON `invitations` (`account_ref`) WHERE account_ref IS NOT NULL;
-- drop index "batchrow_batch_id_flagged_position" from table: "batch_rows"
DROP INDEX `batchrow_batch_id_flagged_position`;
-- drop index "batchrow_batch_id_email_key" from table: "batch_rows"
DROP INDEX `batchrow_batch_id_email_key`;
-- drop index "batchrow_batch_id_username_key" from table: "batch_rows"
DROP INDEX `batchrow_batch_id_username_key`;
-- drop index "batchrow_batch_id_number_key" from table: "batch_rows"
DROP INDEX `batchrow_batch_id_number_key`;
-- create index "batchrow_flagged" to table: "batch_rows"
CREATE INDEX `batchrow_flagged` ON `batch_rows` (`batch_id`, `position`, `id`) WHERE flagged;

-- +goose Down
-- reverse: create index "batchrow_flagged" to table: "batch_rows"
DROP INDEX `batchrow_flagged`;
-- reverse: drop index "batchrow_batch_id_number_key" from table: "batch_rows"
CREATE INDEX `batchrow_batch_id_number_key` ON `batch_rows` (`batch_id`, `number_key`);
-- reverse: drop index "batchrow_batch_id_username_key" from table: "batch_rows"
CREATE INDEX `batchrow_batch_id_username_key` ON `batch_rows` (`batch_id`, `username_key`);
-- reverse: drop index "batchrow_batch_id_email_key" from table: "batch_rows"
CREATE INDEX `batchrow_batch_id_email_key` ON `batch_rows` (`batch_id`, `email_key`);
-- reverse: drop index "batchrow_batch_id_flagged_position" from table: "batch_rows"
CREATE INDEX `batchrow_batch_id_flagged_position` ON `batch_rows` (`batch_id`, `flagged`, `position`);
-- reverse: create index "invitation_account" to table: "invitations"
DROP INDEX `invitation_account`;
-- reverse: create index "invitation_checked" to table: "invitations"
DROP INDEX `invitation_checked`;
-- reverse: drop index "invitation_account_ref" from table: "invitations"
CREATE INDEX `invitation_account_ref` ON `invitations` (`account_ref`);
-- reverse: drop index "invitation_checked_at" from table: "invitations"
CREATE INDEX `invitation_checked_at` ON `invitations` (`checked_at`);
