-- +goose Up
-- What the activity log has written stays as it is. ent knows no triggers: this file is written by hand.
-- +goose StatementBegin
CREATE TRIGGER `audit_records_no_update` BEFORE UPDATE ON `audit_records` BEGIN SELECT RAISE(ABORT, 'the activity log is append-only: UPDATE of audit_records is refused'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `audit_records_no_delete` BEFORE DELETE ON `audit_records` BEGIN SELECT RAISE(ABORT, 'the activity log is append-only: DELETE of audit_records is refused'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `audit_blocks_no_update` BEFORE UPDATE ON `audit_blocks` BEGIN SELECT RAISE(ABORT, 'the activity log is append-only: UPDATE of audit_blocks is refused'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `audit_blocks_no_delete` BEFORE DELETE ON `audit_blocks` BEGIN SELECT RAISE(ABORT, 'the activity log is append-only: DELETE of audit_blocks is refused'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `audit_seals_no_update` BEFORE UPDATE ON `audit_seals` BEGIN SELECT RAISE(ABORT, 'the activity log is append-only: UPDATE of audit_seals is refused'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `audit_seals_no_delete` BEFORE DELETE ON `audit_seals` BEGIN SELECT RAISE(ABORT, 'the activity log is append-only: DELETE of audit_seals is refused'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `audit_people_no_update` BEFORE UPDATE ON `audit_people` BEGIN SELECT RAISE(ABORT, 'the activity log is append-only: UPDATE of audit_people is refused'); END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER `audit_people_no_update`;
DROP TRIGGER `audit_seals_no_delete`;
DROP TRIGGER `audit_seals_no_update`;
DROP TRIGGER `audit_blocks_no_delete`;
DROP TRIGGER `audit_blocks_no_update`;
DROP TRIGGER `audit_records_no_delete`;
DROP TRIGGER `audit_records_no_update`;
