-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_batches" table
CREATE TABLE `new_batches` (`id` uuid NOT NULL, `file_name` text NULL, `state` text NOT NULL DEFAULT ('DRAFT'), `directory_check` text NOT NULL DEFAULT ('PENDING'), `notices` json NOT NULL, `created_at` datetime NOT NULL, `submitted_at` datetime NULL, `completed_at` datetime NULL, `expires_at` datetime NULL, `warned_at` datetime NULL, `recall_until` datetime NULL, `resumed_at` datetime NULL, `undone_at` datetime NULL, `undone_by` uuid NULL, `undone` integer NOT NULL DEFAULT (0), `undo_left_out` json NULL, `owner_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `batches_officers_batches` FOREIGN KEY (`owner_id`) REFERENCES `officers` (`id`) ON DELETE NO ACTION);
-- copy rows from old table "batches" to new temporary table "new_batches"
INSERT INTO `new_batches` (`id`, `file_name`, `state`, `directory_check`, `notices`, `created_at`, `submitted_at`, `completed_at`, `owner_id`) SELECT `id`, `file_name`, `state`, `directory_check`, `notices`, `created_at`, `submitted_at`, `completed_at`, `owner_id` FROM `batches`;
-- drop "batches" table after copying rows
DROP TABLE `batches`;
-- rename temporary table "new_batches" to "batches"
ALTER TABLE `new_batches` RENAME TO `batches`;
-- create index "batch_owner_id_created_at_id" to table: "batches"
CREATE INDEX `batch_owner_id_created_at_id` ON `batches` (`owner_id`, `created_at`, `id`);
-- create index "batch_expires_at" to table: "batches"
CREATE INDEX `batch_expires_at` ON `batches` (`expires_at`);
-- create "new_batch_rows" table
CREATE TABLE `new_batch_rows` (`id` uuid NOT NULL, `position` integer NOT NULL, `number` integer NOT NULL, `sheet` text NULL, `email` text NOT NULL, `username` text NULL, `first_name` text NULL, `last_name` text NULL, `country_code` text NULL, `contact_number` text NULL, `organisation` text NULL, `department` text NULL, `seed_text` text NULL, `reason` text NULL, `start_text` text NULL, `start_on` text NULL, `user_type` text NOT NULL, `seed_required` bool NULL, `email_key` text NULL, `username_key` text NULL, `number_key` text NULL, `first_name_key` text NOT NULL, `last_name_key` text NOT NULL, `organisation_key` text NOT NULL, `department_key` text NOT NULL, `issues` json NOT NULL, `hints` json NULL, `flagged` bool NOT NULL, `suggested` bool NOT NULL DEFAULT (false), `looked_up` bool NOT NULL DEFAULT (true), `left_out` bool NOT NULL DEFAULT (false), `submitted` bool NOT NULL DEFAULT (false), `replaced` bool NOT NULL DEFAULT (false), `batch_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `batch_rows_batches_rows` FOREIGN KEY (`batch_id`) REFERENCES `batches` (`id`) ON DELETE CASCADE);
-- copy rows from old table "batch_rows" to new temporary table "new_batch_rows"
INSERT INTO `new_batch_rows` (`id`, `position`, `number`, `sheet`, `email`, `username`, `first_name`, `last_name`, `country_code`, `contact_number`, `organisation`, `department`, `seed_text`, `reason`, `user_type`, `seed_required`, `email_key`, `username_key`, `number_key`, `first_name_key`, `last_name_key`, `organisation_key`, `department_key`, `issues`, `flagged`, `left_out`, `submitted`, `batch_id`) SELECT `id`, `position`, `number`, `sheet`, `email`, `username`, `first_name`, `last_name`, `country_code`, `contact_number`, `organisation`, `department`, `seed_text`, `reason`, `user_type`, `seed_required`, `email_key`, `username_key`, `number_key`, `first_name_key`, `last_name_key`, `organisation_key`, `department_key`, `issues`, `flagged`, `left_out`, `submitted`, `batch_id` FROM `batch_rows`;
-- drop "batch_rows" table after copying rows
DROP TABLE `batch_rows`;
-- rename temporary table "new_batch_rows" to "batch_rows"
ALTER TABLE `new_batch_rows` RENAME TO `batch_rows`;
-- create index "batchrow_batch_id_position_id" to table: "batch_rows"
CREATE INDEX `batchrow_batch_id_position_id` ON `batch_rows` (`batch_id`, `position`, `id`);
-- create index "batchrow_batch_id_flagged_position" to table: "batch_rows"
CREATE INDEX `batchrow_batch_id_flagged_position` ON `batch_rows` (`batch_id`, `flagged`, `position`);
-- create index "batchrow_batch_id_email_key" to table: "batch_rows"
CREATE INDEX `batchrow_batch_id_email_key` ON `batch_rows` (`batch_id`, `email_key`);
-- create index "batchrow_batch_id_username_key" to table: "batch_rows"
CREATE INDEX `batchrow_batch_id_username_key` ON `batch_rows` (`batch_id`, `username_key`);
-- create index "batchrow_batch_id_number_key" to table: "batch_rows"
CREATE INDEX `batchrow_batch_id_number_key` ON `batch_rows` (`batch_id`, `number_key`);
-- add column "start_on" to table: "invitations"
ALTER TABLE `invitations` ADD COLUMN `start_on` text NULL;
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: add column "start_on" to table: "invitations"
ALTER TABLE `invitations` DROP COLUMN `start_on`;
-- reverse: create index "batchrow_batch_id_number_key" to table: "batch_rows"
DROP INDEX `batchrow_batch_id_number_key`;
-- reverse: create index "batchrow_batch_id_username_key" to table: "batch_rows"
DROP INDEX `batchrow_batch_id_username_key`;
-- reverse: create index "batchrow_batch_id_email_key" to table: "batch_rows"
DROP INDEX `batchrow_batch_id_email_key`;
-- reverse: create index "batchrow_batch_id_flagged_position" to table: "batch_rows"
DROP INDEX `batchrow_batch_id_flagged_position`;
-- reverse: create index "batchrow_batch_id_position_id" to table: "batch_rows"
DROP INDEX `batchrow_batch_id_position_id`;
-- reverse: create "new_batch_rows" table
DROP TABLE `new_batch_rows`;
-- reverse: create index "batch_expires_at" to table: "batches"
DROP INDEX `batch_expires_at`;
-- reverse: create index "batch_owner_id_created_at_id" to table: "batches"
DROP INDEX `batch_owner_id_created_at_id`;
-- reverse: create "new_batches" table
DROP TABLE `new_batches`;
