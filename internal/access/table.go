package access

import "strings"

// Reach is how far an act reaches.
type Reach int

const (
	// Nothing: the act is refused, or nobody acts.
	Nothing Reach = iota
	// Own: what is the officer's own.
	Own
	// Agency: what is of any officer of the same agency.
	Agency
	// Everything.
	Everything
)

// Tokens says with what token an act can be done. A session can do whatever its
// officer may.
type Tokens int

const (
	// NoToken: only by somebody who is signed in to the portal.
	NoToken Tokens = iota
	// WriteToken: with a token that may write.
	WriteToken
	// AnyToken: with any token.
	AnyToken
)

// Rule is a row of the access table: who may do an act, by what, and how far it
// reaches then.
type Rule struct {
	Act    Act
	Tokens Tokens
	// Officer, AgencyAdmin and Admin are the reach for each role; a role with the
	// reach Nothing is refused.
	Officer, AgencyAdmin, Admin Reach
}

// Changes says whether the act may change anything.
func (r Rule) Changes() bool { return strings.HasPrefix(string(r.Act), "Mutation.") }

// Reach is how far the act reaches for a role.
func (r Rule) Reach(role Role) Reach {
	switch role {
	case Officer:
		return r.Officer
	case AgencyAdmin:
		return r.AgencyAdmin
	case Admin:
		return r.Admin
	}
	return Nothing
}

// Table is the access table. What has no row cannot be done.
func Table() []Rule { return append([]Rule(nil), table...) }

// RuleOf returns the row of an act, and false where it has none.
func RuleOf(act Act) (Rule, bool) {
	r, ok := rules[act]
	return r, ok
}

var table = []Rule{
	{ReadViewer, AnyToken, Own, Own, Own},
	{ReadInvitation, AnyToken, Own, Agency, Everything},
	{ReadInvitations, AnyToken, Own, Agency, Everything},
	{SummariseList, AnyToken, Own, Agency, Everything},
	{ReadBatch, AnyToken, Own, Agency, Everything},
	{ReadBatches, AnyToken, Own, Agency, Everything},
	{ValidateAccounts, AnyToken, Own, Own, Own},
	{ValidateEmail, AnyToken, Own, Own, Own},
	{ReadTokens, AnyToken, Own, Own, Own},
	{ReadAllowedDomains, AnyToken, Everything, Everything, Everything},
	{ReadDomainRequests, AnyToken, Own, Own, Everything},
	{ReadOfficer, AnyToken, Own, Agency, Everything},
	{ReadOfficers, AnyToken, Own, Agency, Everything},
	// A token neither sees nor ends where its officer is signed in.
	{ReadSessions, NoToken, Own, Own, Own},
	{ReadActivity, AnyToken, Own, Agency, Everything},
	{ReadActivityTypes, AnyToken, Everything, Everything, Everything},
	{FollowBatch, AnyToken, Own, Agency, Everything},
	{FollowInvitations, AnyToken, Own, Agency, Everything},
	{DownloadCorrections, AnyToken, Own, Agency, Everything},
	{DownloadReport, AnyToken, Own, Agency, Everything},

	{InviteByEmail, WriteToken, Own, Own, Own},
	{CreateAccount, WriteToken, Own, Own, Own},
	{ResendInvitation, WriteToken, Own, Agency, Everything},
	{ResendInvitations, WriteToken, Own, Agency, Everything},
	{CorrectAddress, WriteToken, Own, Agency, Everything},
	{CancelInvitation, WriteToken, Own, Agency, Everything},
	{UploadBatch, WriteToken, Own, Agency, Everything},
	{CreateBatch, WriteToken, Own, Own, Own},
	{AddBatchRow, WriteToken, Own, Agency, Everything},
	{UpdateBatchRow, WriteToken, Own, Agency, Everything},
	{RemoveBatchRows, WriteToken, Own, Agency, Everything},
	{ResetBatch, WriteToken, Own, Agency, Everything},
	{ApplySuggestions, WriteToken, Own, Agency, Everything},
	{HandOverBatch, WriteToken, Own, Agency, Everything},
	{SubmitBatch, WriteToken, Own, Agency, Everything},
	{RetryBatchRows, WriteToken, Own, Agency, Everything},
	{StopBatch, WriteToken, Own, Agency, Everything},
	{ContinueBatch, WriteToken, Own, Agency, Everything},
	{UndoBatch, WriteToken, Own, Agency, Everything},

	// A token makes no tokens, or a stolen one would outlive its own end.
	{CreateToken, NoToken, Own, Own, Own},
	// Whoever finds a lost token may end it with itself.
	{RevokeToken, WriteToken, Own, Own, Own},
	{RequestDomain, WriteToken, Own, Own, Own},
	{AllowDomain, WriteToken, Nothing, Nothing, Everything},
	{DisallowDomain, WriteToken, Nothing, Nothing, Everything},
	{DecideDomainRequest, WriteToken, Nothing, Nothing, Everything},
	{SetRole, NoToken, Nothing, Nothing, Everything},
	{EndSession, NoToken, Own, Own, Own},
	{EndSessions, NoToken, Own, Own, Own},
}

var rules = func() map[Act]Rule {
	m := make(map[Act]Rule, len(table))
	for _, r := range table {
		m[r.Act] = r
	}
	return m
}()
