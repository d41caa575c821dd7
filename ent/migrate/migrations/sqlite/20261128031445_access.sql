-- +goose Up
-- add column "added_by" to table: "allowed_domains"
ALTER TABLE `allowed_domains` ADD COLUMN `added_by` uuid NULL;
-- create "domain_requests" table
CREATE TABLE `domain_requests` (`id` uuid NOT NULL, `domain` text NOT NULL, `reason` text NOT NULL, `state` text NOT NULL DEFAULT ('OPEN'), `requested_at` datetime NOT NULL, `decided_at` datetime NULL, `decided_by` uuid NULL, `note` text NULL, `officer_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `domain_requests_officers_domain_requests` FOREIGN KEY (`officer_id`) REFERENCES `officers` (`id`) ON DELETE NO ACTION);
-- create index "domainrequest_open" to table: "domain_requests"
CREATE UNIQUE INDEX `domainrequest_open` ON `domain_requests` (`domain`, `officer_id`) WHERE state = 'OPEN';
-- create index "domainrequest_state_requested_at" to table: "domain_requests"
CREATE INDEX `domainrequest_state_requested_at` ON `domain_requests` (`state`, `requested_at`);
-- create index "domainrequest_officer_id_requested_at" to table: "domain_requests"
CREATE INDEX `domainrequest_officer_id_requested_at` ON `domain_requests` (`officer_id`, `requested_at`);

-- +goose Down
-- reverse: create index "domainrequest_officer_id_requested_at" to table: "domain_requests"
DROP INDEX `domainrequest_officer_id_requested_at`;
-- reverse: create index "domainrequest_state_requested_at" to table: "domain_requests"
DROP INDEX `domainrequest_state_requested_at`;
-- reverse: create index "domainrequest_open" to table: "domain_requests"
DROP INDEX `domainrequest_open`;
-- reverse: create "domain_requests" table
DROP TABLE `domain_requests`;
-- reverse: add column "added_by" to table: "allowed_domains"
ALTER TABLE `allowed_domains` DROP COLUMN `added_by`;
