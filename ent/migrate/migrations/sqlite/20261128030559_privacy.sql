-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_invitations" table
CREATE TABLE `new_invitations` (`id` uuid NOT NULL, `replaces_id` uuid NULL, `method` text NOT NULL, `user_type` text NOT NULL, `email` text NOT NULL, `email_key` text NOT NULL, `username` text NULL, `username_key` text NULL, `first_name` text NULL, `first_name_key` text NULL, `last_name` text NULL, `last_name_key` text NULL, `contact_number` text NULL, `number_key` text NULL, `number_key2` text NULL, `organisation` text NULL, `organisation_key` text NULL, `department` text NULL, `department_key` text NULL, `seed_required` bool NOT NULL, `reason` text NOT NULL, `start_on` text NULL, `invited_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `open` bool NOT NULL DEFAULT (true), `provisioning` text NOT NULL DEFAULT ('QUEUED'), `attempts` integer NOT NULL DEFAULT (0), `failure` text NULL, `techpass_status` text NOT NULL DEFAULT ('NOT_ONBOARDED'), `seed_status` text NULL, `account_ref` text NULL, `link` text NULL, `seed_done` bool NOT NULL DEFAULT (false), `withdrawing` bool NOT NULL DEFAULT (false), `expires_at` datetime NULL, `checked_at` datetime NULL, `mail` text NOT NULL DEFAULT ('NONE'), `mail_failure` text NULL, `mails_wanted` integer NOT NULL DEFAULT (1), `mails_done` integer NOT NULL DEFAULT (0), `send_count` integer NOT NULL DEFAULT (0), `last_sent_at` datetime NULL, `resent_at` datetime NULL, `anonymised_at` datetime NULL, `batch_id` uuid NULL, `inviter_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `invitations_batches_invitations` FOREIGN KEY (`batch_id`) REFERENCES `batches` (`id`) ON DELETE SET NULL, CONSTRAINT `invitations_officers_invitations` FOREIGN KEY (`inviter_id`) REFERENCES `officers` (`id`) ON DELETE NO ACTION);
-- copy rows from old table "invitations" to new temporary table "new_invitations"
INSERT INTO `new_invitations` (`id`, `replaces_id`, `method`, `user_type`, `email`, `email_key`, `username`, `username_key`, `first_name`, `first_name_key`, `last_name`, `last_name_key`, `contact_number`, `number_key`, `organisation`, `organisation_key`, `department`, `department_key`, `seed_required`, `reason`, `start_on`, `invited_at`, `updated_at`, `open`, `provisioning`, `attempts`, `failure`, `techpass_status`, `seed_status`, `account_ref`, `link`, `seed_done`, `withdrawing`, `expires_at`, `checked_at`, `mail`, `mail_failure`, `mails_wanted`, `mails_done`, `send_count`, `last_sent_at`, `resent_at`, `batch_id`, `inviter_id`) SELECT `id`, `replaces_id`, `method`, `user_type`, `email`, `email_key`, `username`, `username_key`, `first_name`, `first_name_key`, `last_name`, `last_name_key`, `contact_number`, `number_key`, `organisation`, `organisation_key`, `department`, `department_key`, `seed_required`, `reason`, `start_on`, `invited_at`, `updated_at`, `open`, `provisioning`, `attempts`, `failure`, `techpass_status`, `seed_status`, `account_ref`, `link`, `seed_done`, `withdrawing`, `expires_at`, `checked_at`, `mail`, `mail_failure`, `mails_wanted`, `mails_done`, `send_count`, `last_sent_at`, `resent_at`, `batch_id`, `inviter_id` FROM `invitations`;
-- drop "invitations" table after copying rows
DROP TABLE `invitations`;
-- rename temporary table "new_invitations" to "invitations"
ALTER TABLE `new_invitations` RENAME TO `invitations`;
-- create index "invitation_open_email" to table: "invitations"
CREATE UNIQUE INDEX `invitation_open_email` ON `invitations` (`email_key`) WHERE open;
-- create index "invitation_open_username" to table: "invitations"
CREATE UNIQUE INDEX `invitation_open_username` ON `invitations` (`username_key`) WHERE open;
-- create index "invitation_open_number" to table: "invitations"
CREATE UNIQUE INDEX `invitation_open_number` ON `invitations` (`number_key`) WHERE open AND number_key IS NOT NULL;
-- create index "invitation_open_number2" to table: "invitations"
CREATE UNIQUE INDEX `invitation_open_number2` ON `invitations` (`number_key2`) WHERE open AND number_key2 IS NOT NULL;
-- create index "invitation_inviter_id_invited_at_id" to table: "invitations"
CREATE INDEX `invitation_inviter_id_invited_at_id` ON `invitations` (`inviter_id`, `invited_at`, `id`);
-- create index "invitation_inviter_id_updated_at_id" to table: "invitations"
CREATE INDEX `invitation_inviter_id_updated_at_id` ON `invitations` (`inviter_id`, `updated_at`, `id`);
-- create index "invitation_inviter_id_email_key_id" to table: "invitations"
CREATE INDEX `invitation_inviter_id_email_key_id` ON `invitations` (`inviter_id`, `email_key`, `id`);
-- create index "invitation_inviter_id_techpass_status_id" to table: "invitations"
CREATE INDEX `invitation_inviter_id_techpass_status_id` ON `invitations` (`inviter_id`, `techpass_status`, `id`);
-- create index "invitation_invited_at_id" to table: "invitations"
CREATE INDEX `invitation_invited_at_id` ON `invitations` (`invited_at`, `id`);
-- create index "invitation_batch_id_provisioning" to table: "invitations"
CREATE INDEX `invitation_batch_id_provisioning` ON `invitations` (`batch_id`, `provisioning`);
-- create index "invitation_updated_at_id" to table: "invitations"
CREATE INDEX `invitation_updated_at_id` ON `invitations` (`updated_at`, `id`);
-- create index "invitation_search_email" to table: "invitations"
CREATE INDEX `invitation_search_email` ON `invitations` (`email_key`);
-- create index "invitation_search_username" to table: "invitations"
CREATE INDEX `invitation_search_username` ON `invitations` (`username_key`);
-- create index "invitation_search_first_name" to table: "invitations"
CREATE INDEX `invitation_search_first_name` ON `invitations` (`first_name_key`);
-- create index "invitation_search_last_name" to table: "invitations"
CREATE INDEX `invitation_search_last_name` ON `invitations` (`last_name_key`);
-- create index "invitation_search_organisation" to table: "invitations"
CREATE INDEX `invitation_search_organisation` ON `invitations` (`organisation_key`);
-- create index "invitation_search_department" to table: "invitations"
CREATE INDEX `invitation_search_department` ON `invitations` (`department_key`);
-- create index "invitation_open_expiry" to table: "invitations"
CREATE INDEX `invitation_open_expiry` ON `invitations` (`expires_at`) WHERE open;
-- create index "invitation_checked_at" to table: "invitations"
CREATE INDEX `invitation_checked_at` ON `invitations` (`checked_at`);
-- create index "invitation_account_ref" to table: "invitations"
CREATE INDEX `invitation_account_ref` ON `invitations` (`account_ref`);
-- create index "invitation_withdrawing" to table: "invitations"
CREATE INDEX `invitation_withdrawing` ON `invitations` (`withdrawing`) WHERE withdrawing;
-- create "new_sandbox_persons" table
CREATE TABLE `new_sandbox_persons` (`id` uuid NOT NULL, `key` text NOT NULL, `email` text NOT NULL, `email_key` text NOT NULL, `username` text NULL, `username_key` text NULL, `first_name` text NULL, `last_name` text NULL, `number` text NULL, `number_key` text NULL, `number_key2` text NULL, `token` text NOT NULL, `round` integer NOT NULL DEFAULT (0), `state` text NOT NULL, `seed` text NOT NULL DEFAULT ('NONE'), `created_at` datetime NOT NULL, `expires_at` datetime NULL, `activated_at` datetime NULL, PRIMARY KEY (`id`));
-- copy rows from old table "sandbox_persons" to new temporary table "new_sandbox_persons"
INSERT INTO `new_sandbox_persons` (`id`, `key`, `email`, `email_key`, `username`, `username_key`, `first_name`, `last_name`, `number`, `token`, `round`, `state`, `seed`, `created_at`, `expires_at`, `activated_at`) SELECT `id`, `key`, `email`, `email_key`, `username`, `username_key`, `first_name`, `last_name`, `number`, `token`, `round`, `state`, `seed`, `created_at`, `expires_at`, `activated_at` FROM `sandbox_persons`;
-- drop "sandbox_persons" table after copying rows
DROP TABLE `sandbox_persons`;
-- rename temporary table "new_sandbox_persons" to "sandbox_persons"
ALTER TABLE `new_sandbox_persons` RENAME TO `sandbox_persons`;
-- create index "sandbox_persons_key_key" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_persons_key_key` ON `sandbox_persons` (`key`);
-- create index "sandbox_persons_token_key" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_persons_token_key` ON `sandbox_persons` (`token`);
-- create index "sandbox_person_email" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_person_email` ON `sandbox_persons` (`email_key`) WHERE state <> 'TERMINATED';
-- create index "sandbox_person_username" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_person_username` ON `sandbox_persons` (`username_key`) WHERE state <> 'TERMINATED';
-- create index "sandbox_person_number_key" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_person_number_key` ON `sandbox_persons` (`number_key`) WHERE state <> 'TERMINATED' AND number_key IS NOT NULL;
-- create index "sandbox_person_number_key2" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_person_number_key2` ON `sandbox_persons` (`number_key2`) WHERE state <> 'TERMINATED' AND number_key2 IS NOT NULL;
-- create index "sandboxperson_email_key" to table: "sandbox_persons"
CREATE INDEX `sandboxperson_email_key` ON `sandbox_persons` (`email_key`);
-- create index "sandboxperson_state_expires_at" to table: "sandbox_persons"
CREATE INDEX `sandboxperson_state_expires_at` ON `sandbox_persons` (`state`, `expires_at`);
-- create index "sandboxperson_created_at" to table: "sandbox_persons"
CREATE INDEX `sandboxperson_created_at` ON `sandbox_persons` (`created_at`);
-- create "new_batch_rows" table
CREATE TABLE `new_batch_rows` (`id` uuid NOT NULL, `position` integer NOT NULL, `number` integer NOT NULL, `sheet` text NULL, `email` text NOT NULL, `username` text NULL, `first_name` text NULL, `last_name` text NULL, `country_code` text NULL, `contact_number` text NULL, `organisation` text NULL, `department` text NULL, `seed_text` text NULL, `reason` text NULL, `start_text` text NULL, `start_on` text NULL, `user_type` text NOT NULL, `seed_required` bool NULL, `email_key` text NULL, `username_key` text NULL, `number_key` text NULL, `number_key2` text NULL, `first_name_key` text NOT NULL, `last_name_key` text NOT NULL, `organisation_key` text NOT NULL, `department_key` text NOT NULL, `issues` json NOT NULL, `hints` json NULL, `flagged` bool NOT NULL, `suggested` bool NOT NULL DEFAULT (false), `looked_up` bool NOT NULL DEFAULT (true), `left_out` bool NOT NULL DEFAULT (false), `submitted` bool NOT NULL DEFAULT (false), `replaced` bool NOT NULL DEFAULT (false), `batch_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `batch_rows_batches_rows` FOREIGN KEY (`batch_id`) REFERENCES `batches` (`id`) ON DELETE CASCADE);
-- copy rows from old table "batch_rows" to new temporary table "new_batch_rows"
INSERT INTO `new_batch_rows` (`id`, `position`, `number`, `sheet`, `email`, `username`, `first_name`, `last_name`, `country_code`, `contact_number`, `organisation`, `department`, `seed_text`, `reason`, `start_text`, `start_on`, `user_type`, `seed_required`, `email_key`, `username_key`, `number_key`, `first_name_key`, `last_name_key`, `organisation_key`, `department_key`, `issues`, `hints`, `flagged`, `suggested`, `looked_up`, `left_out`, `submitted`, `replaced`, `batch_id`) SELECT `id`, `position`, `number`, `sheet`, `email`, `username`, `first_name`, `last_name`, `country_code`, `contact_number`, `organisation`, `department`, `seed_text`, `reason`, `start_text`, `start_on`, `user_type`, `seed_required`, `email_key`, `username_key`, `number_key`, `first_name_key`, `last_name_key`, `organisation_key`, `department_key`, `issues`, `hints`, `flagged`, `suggested`, `looked_up`, `left_out`, `submitted`, `replaced`, `batch_id` FROM `batch_rows`;
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
CREATE INDEX `batchrow_batch_id_number_key` ON `batch_rows` (`batch_id`, `number_key`) WHERE number_key IS NOT NULL;
-- create index "batchrow_batch_id_number_key2" to table: "batch_rows"
CREATE INDEX `batchrow_batch_id_number_key2` ON `batch_rows` (`batch_id`, `number_key2`) WHERE number_key2 IS NOT NULL;
-- create "data_keys" table
CREATE TABLE `data_keys` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `data` text NOT NULL, `index` text NOT NULL, `changed_at` datetime NOT NULL);
-- create "key_holders" table
CREATE TABLE `key_holders` (`id` text NOT NULL, `keys` text NOT NULL, `use` text NOT NULL, `seen_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create "key_holders" table
DROP TABLE `key_holders`;
-- reverse: create "data_keys" table
DROP TABLE `data_keys`;
-- reverse: create index "batchrow_batch_id_number_key2" to table: "batch_rows"
DROP INDEX `batchrow_batch_id_number_key2`;
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
-- reverse: create index "sandboxperson_created_at" to table: "sandbox_persons"
DROP INDEX `sandboxperson_created_at`;
-- reverse: create index "sandboxperson_state_expires_at" to table: "sandbox_persons"
DROP INDEX `sandboxperson_state_expires_at`;
-- reverse: create index "sandboxperson_email_key" to table: "sandbox_persons"
DROP INDEX `sandboxperson_email_key`;
-- reverse: create index "sandbox_person_number_key2" to table: "sandbox_persons"
DROP INDEX `sandbox_person_number_key2`;
-- reverse: create index "sandbox_person_number_key" to table: "sandbox_persons"
DROP INDEX `sandbox_person_number_key`;
-- reverse: create index "sandbox_person_username" to table: "sandbox_persons"
DROP INDEX `sandbox_person_username`;
-- reverse: create index "sandbox_person_email" to table: "sandbox_persons"
DROP INDEX `sandbox_person_email`;
-- reverse: create index "sandbox_persons_token_key" to table: "sandbox_persons"
DROP INDEX `sandbox_persons_token_key`;
-- reverse: create index "sandbox_persons_key_key" to table: "sandbox_persons"
DROP INDEX `sandbox_persons_key_key`;
-- reverse: create "new_sandbox_persons" table
DROP TABLE `new_sandbox_persons`;
-- reverse: create index "invitation_withdrawing" to table: "invitations"
DROP INDEX `invitation_withdrawing`;
-- reverse: create index "invitation_account_ref" to table: "invitations"
DROP INDEX `invitation_account_ref`;
-- reverse: create index "invitation_checked_at" to table: "invitations"
DROP INDEX `invitation_checked_at`;
-- reverse: create index "invitation_open_expiry" to table: "invitations"
DROP INDEX `invitation_open_expiry`;
-- reverse: create index "invitation_search_department" to table: "invitations"
DROP INDEX `invitation_search_department`;
-- reverse: create index "invitation_search_organisation" to table: "invitations"
DROP INDEX `invitation_search_organisation`;
-- reverse: create index "invitation_search_last_name" to table: "invitations"
DROP INDEX `invitation_search_last_name`;
-- reverse: create index "invitation_search_first_name" to table: "invitations"
DROP INDEX `invitation_search_first_name`;
-- reverse: create index "invitation_search_username" to table: "invitations"
DROP INDEX `invitation_search_username`;
-- reverse: create index "invitation_search_email" to table: "invitations"
DROP INDEX `invitation_search_email`;
-- reverse: create index "invitation_updated_at_id" to table: "invitations"
DROP INDEX `invitation_updated_at_id`;
-- reverse: create index "invitation_batch_id_provisioning" to table: "invitations"
DROP INDEX `invitation_batch_id_provisioning`;
-- reverse: create index "invitation_invited_at_id" to table: "invitations"
DROP INDEX `invitation_invited_at_id`;
-- reverse: create index "invitation_inviter_id_techpass_status_id" to table: "invitations"
DROP INDEX `invitation_inviter_id_techpass_status_id`;
-- reverse: create index "invitation_inviter_id_email_key_id" to table: "invitations"
DROP INDEX `invitation_inviter_id_email_key_id`;
-- reverse: create index "invitation_inviter_id_updated_at_id" to table: "invitations"
DROP INDEX `invitation_inviter_id_updated_at_id`;
-- reverse: create index "invitation_inviter_id_invited_at_id" to table: "invitations"
DROP INDEX `invitation_inviter_id_invited_at_id`;
-- reverse: create index "invitation_open_number2" to table: "invitations"
DROP INDEX `invitation_open_number2`;
-- reverse: create index "invitation_open_number" to table: "invitations"
DROP INDEX `invitation_open_number`;
-- reverse: create index "invitation_open_username" to table: "invitations"
DROP INDEX `invitation_open_username`;
-- reverse: create index "invitation_open_email" to table: "invitations"
DROP INDEX `invitation_open_email`;
-- reverse: create "new_invitations" table
DROP TABLE `new_invitations`;
