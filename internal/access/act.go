package access

// Act is one thing that an officer, or a program in an officer's name, can do. Those
// of the API are called as the schema calls them, so that none can go without a
// row in [Table]; the others are downloads that the API has not.
type Act string

// What is read over the API.
const (
	ReadViewer          Act = "Query.viewer"
	ReadInvitation      Act = "Query.invitation"
	ReadInvitations     Act = "Query.invitations"
	SummariseList       Act = "Query.invitationSummary"
	ReadBatch           Act = "Query.batch"
	ReadBatches         Act = "Query.batches"
	ValidateAccounts    Act = "Query.validateAccounts"
	ValidateEmail       Act = "Query.validateEmailInvitation"
	ReadTokens          Act = "Query.tokens"
	ReadAllowedDomains  Act = "Query.allowedDomains"
	ReadDomainRequests  Act = "Query.domainRequests"
	ReadOfficer         Act = "Query.officer"
	ReadOfficers        Act = "Query.officers"
	ReadSessions        Act = "Query.sessions"
	ReadActivity        Act = "Query.activity"
	ReadActivityTypes   Act = "Query.activityTypes"
	FollowBatch         Act = "Subscription.batchProgress"
	FollowInvitations   Act = "Subscription.invitationUpdated"
	DownloadCorrections Act = "Download.corrections"
	DownloadReport      Act = "Download.report"
)

// What is changed over the API.
const (
	InviteByEmail       Act = "Mutation.inviteByEmail"
	CreateAccount       Act = "Mutation.createAccount"
	ResendInvitation    Act = "Mutation.resendInvitation"
	ResendInvitations   Act = "Mutation.resendInvitations"
	CorrectAddress      Act = "Mutation.correctAddress"
	CancelInvitation    Act = "Mutation.cancelInvitation"
	UploadBatch         Act = "Mutation.uploadBatch"
	CreateBatch         Act = "Mutation.createBatch"
	AddBatchRow         Act = "Mutation.addBatchRow"
	UpdateBatchRow      Act = "Mutation.updateBatchRow"
	RemoveBatchRows     Act = "Mutation.removeBatchRows"
	ResetBatch          Act = "Mutation.resetBatch"
	ApplySuggestions    Act = "Mutation.applySuggestions"
	HandOverBatch       Act = "Mutation.handOverBatch"
	SubmitBatch         Act = "Mutation.submitBatch"
	RetryBatchRows      Act = "Mutation.retryBatchRows"
	StopBatch           Act = "Mutation.stopBatch"
	ContinueBatch       Act = "Mutation.continueBatch"
	UndoBatch           Act = "Mutation.undoBatch"
	CreateToken         Act = "Mutation.createToken"
	RevokeToken         Act = "Mutation.revokeToken"
	RequestDomain       Act = "Mutation.requestDomain"
	AllowDomain         Act = "Mutation.allowDomain"
	DisallowDomain      Act = "Mutation.disallowDomain"
	DecideDomainRequest Act = "Mutation.decideDomainRequest"
	SetRole             Act = "Mutation.setRole"
	EndSession          Act = "Mutation.endSession"
	EndSessions         Act = "Mutation.endSessions"
)
