-- +goose Up
-- create "audit_blocks" table
CREATE TABLE `audit_blocks` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `sealed_at` datetime NOT NULL, `writer` text NOT NULL, `entries` blob NOT NULL, `total` integer NOT NULL, `previous` blob NOT NULL, `hash` blob NOT NULL);
-- create "audit_pending" table
CREATE TABLE `audit_pending` (`id` uuid NOT NULL, PRIMARY KEY (`id`));
-- create "audit_people" table
CREATE TABLE `audit_people` (`id` uuid NOT NULL, `lookup` blob NOT NULL, `wrapped_key` blob NOT NULL, `sealed` blob NOT NULL, PRIMARY KEY (`id`));
-- create index "audit_people_lookup_key" to table: "audit_people"
CREATE UNIQUE INDEX `audit_people_lookup_key` ON `audit_people` (`lookup`);
-- create "audit_records" table
CREATE TABLE `audit_records` (`id` uuid NOT NULL, `recorded_at` datetime NOT NULL, `type` text NOT NULL, `actor_kind` text NOT NULL, `actor_id` uuid NULL, `actor_agency` text NULL, `actor_person` uuid NULL, `owner_id` uuid NULL, `owner_agency` text NULL, `person_id` uuid NULL, `subject_kind` text NULL, `subject_id` uuid NULL, `address` text NULL, `request_id` text NULL, `writer` text NOT NULL, `detail` text NULL, `mac` blob NOT NULL, PRIMARY KEY (`id`));
-- create index "auditrecord_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_recorded_at_id` ON `audit_records` (`recorded_at`, `id`);
-- create index "auditrecord_type_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_type_recorded_at_id` ON `audit_records` (`type`, `recorded_at`, `id`);
-- create index "auditrecord_actor_id_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_actor_id_recorded_at_id` ON `audit_records` (`actor_id`, `recorded_at`, `id`) WHERE actor_id IS NOT NULL;
-- create index "auditrecord_actor_agency_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_actor_agency_recorded_at_id` ON `audit_records` (`actor_agency`, `recorded_at`, `id`) WHERE actor_agency IS NOT NULL;
-- create index "auditrecord_owner_id_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_owner_id_recorded_at_id` ON `audit_records` (`owner_id`, `recorded_at`, `id`) WHERE owner_id IS NOT NULL;
-- create index "auditrecord_owner_agency_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_owner_agency_recorded_at_id` ON `audit_records` (`owner_agency`, `recorded_at`, `id`) WHERE owner_agency IS NOT NULL;
-- create index "auditrecord_actor_person_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_actor_person_recorded_at_id` ON `audit_records` (`actor_person`, `recorded_at`, `id`) WHERE actor_person IS NOT NULL;
-- create index "auditrecord_person_id_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_person_id_recorded_at_id` ON `audit_records` (`person_id`, `recorded_at`, `id`) WHERE person_id IS NOT NULL;
-- create index "auditrecord_subject_id_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_subject_id_recorded_at_id` ON `audit_records` (`subject_id`, `recorded_at`, `id`) WHERE subject_id IS NOT NULL;
-- create index "auditrecord_request_id" to table: "audit_records"
CREATE INDEX `auditrecord_request_id` ON `audit_records` (`request_id`) WHERE request_id IS NOT NULL;
-- create "audit_seals" table
CREATE TABLE `audit_seals` (`id` uuid NOT NULL, `block` integer NOT NULL, PRIMARY KEY (`id`));
-- create index "auditseal_block" to table: "audit_seals"
CREATE INDEX `auditseal_block` ON `audit_seals` (`block`);

-- +goose Down
-- reverse: create index "auditseal_block" to table: "audit_seals"
DROP INDEX `auditseal_block`;
-- reverse: create "audit_seals" table
DROP TABLE `audit_seals`;
-- reverse: create index "auditrecord_request_id" to table: "audit_records"
DROP INDEX `auditrecord_request_id`;
-- reverse: create index "auditrecord_subject_id_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_subject_id_recorded_at_id`;
-- reverse: create index "auditrecord_person_id_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_person_id_recorded_at_id`;
-- reverse: create index "auditrecord_actor_person_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_actor_person_recorded_at_id`;
-- reverse: create index "auditrecord_owner_agency_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_owner_agency_recorded_at_id`;
-- reverse: create index "auditrecord_owner_id_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_owner_id_recorded_at_id`;
-- reverse: create index "auditrecord_actor_agency_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_actor_agency_recorded_at_id`;
-- reverse: create index "auditrecord_actor_id_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_actor_id_recorded_at_id`;
-- reverse: create index "auditrecord_type_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_type_recorded_at_id`;
-- reverse: create index "auditrecord_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_recorded_at_id`;
-- reverse: create "audit_records" table
DROP TABLE `audit_records`;
-- reverse: create index "audit_people_lookup_key" to table: "audit_people"
DROP INDEX `audit_people_lookup_key`;
-- reverse: create "audit_people" table
DROP TABLE `audit_people`;
-- reverse: create "audit_pending" table
DROP TABLE `audit_pending`;
-- reverse: create "audit_blocks" table
DROP TABLE `audit_blocks`;
