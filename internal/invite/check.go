package invite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

// directoryPatience is how long accepting a request waits for the directory; what
// it has not answered by then the job finds out.
const directoryPatience = time.Second

// Candidate is a request under check, with its faults.
type Candidate struct {
	Request
	Faults fault.List
}

// fields is the order in which faults are told.
var fields = []string{
	"email", "techPassUsername", "firstName", "lastName", "countryCode", "contactNumber",
	"organisation", "department", "seedRequired", "reason", "startOn",
}

// Sort puts faults in the order of the fields.
func Sort(l fault.List) {
	slices.SortStableFunc(l, func(a, b *fault.Error) int { return place(a) - place(b) })
}

func place(e *fault.Error) int {
	if len(e.Field) == 0 {
		return -1
	}
	return slices.Index(fields, e.Field[0])
}

// Rules loads what the rules depend on.
func (s *Service) Rules(ctx context.Context, client *ent.Client) (Rules, error) {
	domains, err := client.AllowedDomain.Query().All(access.System(ctx))
	if err != nil {
		return Rules{}, fmt.Errorf("load allowed domains: %w", err)
	}
	r := Rules{Government: s.Government, Allowed: make(map[string]bool, len(domains)), Links: s.Links, Now: s.DB.Now()}
	for _, d := range domains {
		r.Allowed[d.Domain] = true
	}
	return r, nil
}

// CheckAccounts says, account by account, what creating them now would answer.
// With askDirectory the directory is asked too, for at most a second.
func (s *Service) CheckAccounts(ctx context.Context, accounts []Details, askDirectory bool) ([]*Candidate, error) {
	rules, err := s.Rules(ctx, s.DB.Client)
	if err != nil {
		return nil, err
	}
	all := make([]*Candidate, len(accounts))
	for i, a := range accounts {
		all[i] = &Candidate{}
		all[i].Request, all[i].Faults = rules.Account(a)
	}
	_, err = s.Compare(ctx, all, askDirectory)
	return all, err
}

// CheckEmail says what inviting by e-mail now would answer.
func (s *Service) CheckEmail(ctx context.Context, d Details, askDirectory bool) (*Candidate, error) {
	c := &Candidate{}
	c.Request, c.Faults = Rules{Government: s.Government, Links: s.Links}.Email(d)
	_, err := s.Compare(ctx, []*Candidate{c}, askDirectory)
	return c, err
}

// Compare adds to each candidate what our open invitations and, if asked, the
// directory have to say: ALREADY_INVITED and ACCOUNT_EXISTS. It reports whether
// the directory answered for all of them within its second.
func (s *Service) Compare(ctx context.Context, all []*Candidate, askDirectory bool) (answered bool, err error) {
	if err := s.compareOwn(ctx, s.DB.Client, s.DB.Now(), all); err != nil {
		return false, err
	}
	answered = askDirectory && s.compareDirectory(ctx, all)
	for _, c := range all {
		Sort(c.Faults)
	}
	return answered, nil
}

// identities gives the values of all candidates by what they identify.
func identities(all []*Candidate) (emails, usernames, numbers []string) {
	for _, c := range all {
		emails = appendKey(emails, c.EmailKey)
		usernames = appendKey(usernames, c.UsernameKey)
		numbers = appendKey(numbers, c.Number)
	}
	return emails, usernames, numbers
}

func appendKey(keys []string, key string) []string {
	if key == "" {
		return keys
	}
	return append(keys, key)
}

// taken is what somebody else holds.
type taken struct{ emails, usernames, numbers map[string]bool }

func newTaken() taken {
	return taken{map[string]bool{}, map[string]bool{}, map[string]bool{}}
}

// tell adds a fault for each field of the candidate that is taken and has none
// yet.
func (t taken) tell(c *Candidate, code fault.Code, email, username, number string) {
	add := func(field, message string) {
		if !slices.ContainsFunc(c.Faults, func(f *fault.Error) bool { return len(f.Field) > 0 && f.Field[0] == field }) {
			c.Faults = append(c.Faults, fault.Field(field, code, "%s", message))
		}
	}
	if t.emails[c.EmailKey] {
		add("email", email)
	}
	if t.usernames[c.UsernameKey] {
		add("techPassUsername", username)
	}
	if t.numbers[c.Number] {
		add("contactNumber", number)
	}
}

// compareOwn adds ALREADY_INVITED where an open invitation, of anybody, holds the
// address, the username or the number. A registration link that has lapsed holds
// nothing, even before the sweep has seen it.
func (s *Service) compareOwn(ctx context.Context, client *ent.Client, now time.Time, all []*Candidate) error {
	t := newTaken()
	for part := range slices.Chunk(all, directory.MaxPeople) {
		emails, usernames, numbers := identities(part)
		rows, err := client.Invitation.Query().
			Where(invitation.Open(true),
				invitation.Or(invitation.EmailKeyIn(emails...), invitation.UsernameKeyIn(usernames...), invitation.NumberKeyIn(numbers...)),
				invitation.Not(lapsed(now))).
			Select(invitation.FieldEmailKey, invitation.FieldUsernameKey, invitation.FieldNumberKey).
			All(access.System(ctx))
		if err != nil {
			return fmt.Errorf("look for open invitations: %w", err)
		}
		for _, r := range rows {
			t.emails[r.EmailKey] = true
			if r.UsernameKey != nil {
				t.usernames[*r.UsernameKey] = true
			}
			if r.NumberKey != nil {
				t.numbers[*r.NumberKey] = true
			}
		}
	}
	for _, c := range all {
		t.tell(c, fault.AlreadyInvited,
			"An invitation for this email address is open. See User creation status, or use another address.",
			"An invitation with this username is open. Choose another username.",
			"An invitation with this contact number is open. Enter the person's own number.")
	}
	return nil
}

// compareDirectory adds ACCOUNT_EXISTS where the directory knows somebody with the
// address, the username or the number. It returns false when the directory did
// not answer for all in time: that is no fault of the request.
func (s *Service) compareDirectory(ctx context.Context, all []*Candidate) bool {
	ctx, cancel := context.WithTimeout(ctx, directoryPatience)
	defer cancel()
	answered := true
	for part := range slices.Chunk(all, directory.MaxPeople) {
		who := make([]directory.Identity, 0, len(part))
		for _, c := range part {
			if id := (directory.Identity{Email: c.EmailKey, Username: c.UsernameKey, Number: c.Number}); id != (directory.Identity{}) {
				who = append(who, id)
			}
		}
		if len(who) == 0 {
			continue
		}
		people, err := s.Directory.Lookup(ctx, who)
		if err == nil {
			people, err = s.withoutWithdrawing(ctx, people)
		}
		if err != nil {
			answered = false
			continue
		}
		t := newTaken()
		for _, p := range people {
			t.emails[address.Fold(p.Email)], t.usernames[address.Fold(p.Username)], t.numbers[p.Number] = true, true, true
		}
		delete(t.usernames, "")
		delete(t.numbers, "")
		for _, c := range part {
			t.tell(c, fault.AccountExists,
				"A TechPass account with this email address exists. The person can sign in with it.",
				"A TechPass account with this username exists. Choose another username.",
				"A TechPass account with this contact number exists. Enter the person's own number.")
		}
	}
	return answered
}

// withoutWithdrawing leaves out people whom a cancelled invitation of ours made
// and who are on their way out: they hold nothing any more.
func (s *Service) withoutWithdrawing(ctx context.Context, people []directory.Person) ([]directory.Person, error) {
	ids := make([]uuid.UUID, 0, len(people))
	for _, p := range people {
		if id, err := uuid.Parse(p.Key); err == nil {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return people, nil
	}
	leaving, err := s.DB.Invitation.Query().Where(invitation.IDIn(ids...), invitation.Withdrawing(true)).IDs(access.System(ctx))
	if err != nil {
		return nil, fmt.Errorf("look for withdrawals: %w", err)
	}
	return slices.DeleteFunc(people, func(p directory.Person) bool {
		return p.State != directory.Active && slices.ContainsFunc(leaving, func(id uuid.UUID) bool { return id.String() == p.Key })
	}), nil
}
