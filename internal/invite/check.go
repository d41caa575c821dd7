package invite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/ent/officer"
	"techbiz/ent/predicate"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

// directoryPatience is how long accepting a request waits for the directory; what
// it has not answered by then the job finds out.
const directoryPatience = time.Second

// directoryCalls is how many parts of a list one request compares at a time: with open
// invitations, and with the directory, in a call each.
const directoryCalls = 2

// Candidate is a request under check, with its faults, and with hints: what is
// worth a look and no obstacle. LookedUp says that the directory was asked, or
// that there is nothing to ask it.
type Candidate struct {
	Request
	Faults   fault.List
	Hints    fault.List
	LookedUp bool
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
	r := s.plainRules(ctx, client)
	r.Allowed = make(address.Domains, len(domains))
	for _, d := range domains {
		r.Allowed[d.Domain] = true
	}
	return r, nil
}

// plainRules are those that hold without the allowed domains.
func (s *Service) plainRules(ctx context.Context, client *ent.Client) Rules {
	return Rules{
		Government: s.Government, Links: s.Links, Now: s.DB.Now(), near: &sync.Map{},
		Agencies: sync.OnceValue(func() []string {
			var agencies []string
			err := client.Officer.Query().Unique(true).Select(officer.FieldAgency).Scan(access.System(ctx), &agencies)
			if err != nil {
				// Without them fewer suggestions are made, and nothing else is missing.
				s.Log.WarnContext(ctx, "load agencies", "error", err)
			}
			return agencies
		}),
	}
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
	return all, s.Compare(ctx, all, askDirectory)
}

// CheckEmail says what inviting by e-mail now would answer.
func (s *Service) CheckEmail(ctx context.Context, d Details, askDirectory bool) (*Candidate, error) {
	c := &Candidate{}
	c.Request, c.Faults = s.plainRules(ctx, s.DB.Client).Email(d)
	return c, s.Compare(ctx, []*Candidate{c}, askDirectory)
}

// Compare adds to each candidate what our open invitations and, if asked, the
// directory have to say: ALREADY_INVITED and ACCOUNT_EXISTS.
func (s *Service) Compare(ctx context.Context, all []*Candidate, askDirectory bool) error {
	c := s.Comparing(ctx, askDirectory)
	for part := range slices.Chunk(all, directory.MaxPeople) {
		c.Add(part, func() {})
	}
	return c.Wait()
}

// Comparison is [Service.Compare] of candidates that come part by part. It is for one
// goroutine.
type Comparison struct {
	s      *Service
	now    time.Time
	parts  *errgroup.Group
	calls  chan struct{} // one for each part that is compared at present
	ctx    context.Context
	stop   context.CancelFunc
	inTime context.Context // for the directory
	giveUp context.CancelFunc
	silent atomic.Bool // the directory is not asked, or not any more
}

// Comparing begins a comparison, which has to be stopped or waited for.
func (s *Service) Comparing(ctx context.Context, askDirectory bool) *Comparison {
	c := &Comparison{s: s, now: s.DB.Now(), calls: make(chan struct{}, directoryCalls)}
	ctx, c.stop = context.WithCancel(ctx)
	c.parts, c.ctx = errgroup.WithContext(ctx)
	c.inTime, c.giveUp = context.WithCancel(c.ctx)
	c.silent.Store(!askDirectory)
	return c
}

// Add compares at most [directory.MaxPeople] candidates, once prepare has made them
// what they are. It does not wait for that.
func (c *Comparison) Add(part []*Candidate, prepare func()) {
	c.parts.Go(func() error {
		select {
		case c.calls <- struct{}{}:
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
		defer func() { <-c.calls }()
		prepare()
		if err := c.s.compareOwn(c.ctx, c.s.DB.Client, c.now, part); err != nil {
			return err
		}
		// What the directory does not answer in time is no fault of the request: those
		// candidates are not looked up.
		if !c.silent.Load() && c.s.compareDirectory(c.inTime, part) != nil {
			c.silent.Store(true)
			c.giveUp()
		}
		for _, one := range part {
			Sort(one.Faults)
		}
		return nil
	})
}

// Wait returns when all have been compared. The directory has a second from now on.
func (c *Comparison) Wait() error {
	defer c.stop()
	patience := time.AfterFunc(directoryPatience, c.giveUp)
	defer patience.Stop()
	return c.parts.Wait()
}

// Stop gives up, and returns when nothing is compared any more.
func (c *Comparison) Stop() {
	c.stop()
	_ = c.parts.Wait() // it was stopped
}

// Lookup compares at most [directory.MaxPeople] candidates with our open
// invitations and with the directory, which may take its time. Codes: those of
// the directory.
func (s *Service) Lookup(ctx context.Context, part []*Candidate) error {
	if err := s.compareOwn(ctx, s.DB.Client, s.DB.Now(), part); err != nil {
		return err
	}
	return s.compareDirectory(ctx, part)
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
		if !hasField(c.Faults, field) {
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
func (s *Service) compareOwn(ctx context.Context, client *ent.Client, now time.Time, part []*Candidate) error {
	ctx = access.System(ctx)
	emails, usernames, numbers := identities(part)
	wanted, err := Want(s.DB.Keys, numbers)
	if err != nil {
		return err
	}
	// Each kind says that the row is open: so each is found by its own index.
	held := func(column string, keys []string) predicate.Invitation {
		return invitation.And(invitation.Open(true), database.OneOf(column, keys))
	}
	kinds := []predicate.Invitation{held(invitation.FieldEmailKey, emails), held(invitation.FieldUsernameKey, usernames)}
	for slot, column := range numberColumns {
		if len(wanted[slot]) > 0 {
			kinds = append(kinds, held(column, wanted.keys(slot)))
		}
	}
	rows, err := client.Invitation.Query().
		Where(
			invitation.Or(kinds...),
			invitation.Not(lapsed(now))).
		Select(invitation.FieldEmailKey, invitation.FieldUsernameKey, invitation.FieldNumberKey, invitation.FieldNumberKey2).
		All(ctx)
	if err != nil {
		return fmt.Errorf("look for open invitations: %w", err)
	}
	t := newTaken()
	for _, r := range rows {
		t.emails[r.EmailKey] = true
		if r.UsernameKey != nil {
			t.usernames[*r.UsernameKey] = true
		}
		if n := wanted.of(r); n != "" {
			t.numbers[n] = true
		}
	}
	for _, c := range part {
		t.tell(c, fault.AlreadyInvited,
			"An invitation for this email address is open. See User creation status, or use another address.",
			"An invitation with this username is open. Choose another username.",
			"An invitation with this contact number is open. Enter the person's own number.")
	}
	return nil
}

// compareDirectory adds ACCOUNT_EXISTS where the directory knows somebody with the
// address, the username or the number, and hints. Codes: those of the directory.
func (s *Service) compareDirectory(ctx context.Context, part []*Candidate) error {
	who := make([]directory.Identity, 0, len(part))
	for _, c := range part {
		if id := (directory.Identity{Email: c.EmailKey, Username: c.UsernameKey, Number: c.Number}); id != (directory.Identity{}) {
			who = append(who, id)
		}
	}
	if len(who) > 0 {
		people, err := s.Directory.Lookup(ctx, who)
		if err != nil {
			return err
		}
		if people, err = s.withoutWithdrawing(ctx, people); err != nil {
			return err
		}
		tellExisting(part, people)
		if err := s.tellFormer(ctx, part); err != nil {
			return err
		}
	}
	for _, c := range part {
		c.LookedUp = true
	}
	return nil
}

// tellExisting adds what the people who are there mean for the candidates.
func tellExisting(part []*Candidate, people []directory.Person) {
	t, unlicensed := newTaken(), map[string]bool{}
	for _, p := range people {
		t.emails[address.Fold(p.Email)], t.usernames[address.Fold(p.Username)], t.numbers[p.Number] = true, true, true
		if p.Seed == directory.SeedNone && p.State != directory.Invited {
			unlicensed[address.Fold(p.Email)] = true
		}
	}
	delete(t.emails, "")
	delete(t.usernames, "")
	delete(t.numbers, "")
	for _, c := range part {
		t.tell(c, fault.AccountExists,
			"A TechPass account with this email address exists. The person can sign in with it.",
			"A TechPass account with this username exists. Choose another username.",
			"A TechPass account with this contact number exists. Enter the person's own number.")
		if c.EmailKey != "" && unlicensed[c.EmailKey] {
			c.Hints = append(c.Hints, fault.Field("seedRequired", fault.SeedNotAssigned,
				"The TechPass account of this person has no SEED licence."))
		}
	}
}

// tellFormer adds a hint where the directory remembers that the person had an
// account. Who has one, or an open invitation, needs none.
func (s *Service) tellFormer(ctx context.Context, part []*Candidate) error {
	remembering, ok := s.Directory.(directory.Remembering)
	if !ok {
		return nil
	}
	asked := make(map[string][]*Candidate, len(part))
	for _, c := range part {
		if c.EmailKey != "" && !hasField(c.Faults, "email") {
			asked[c.EmailKey] = append(asked[c.EmailKey], c)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	former, err := remembering.Former(ctx, slices.Collect(maps.Keys(asked)))
	if err != nil {
		return err
	}
	ended, err := s.ours(ctx, former, invitation.ProvisioningIn(invitation.ProvisioningCancelled, invitation.ProvisioningFailed))
	if err != nil {
		return err
	}
	for _, p := range former {
		if ended[p.Key] { // what we have called off ourselves says nothing about the person
			continue
		}
		for _, c := range asked[address.Fold(p.Email)] {
			c.Hints = append(c.Hints, fault.Field("email", fault.AccountTerminated,
				"A TechPass account with this email address was terminated. Check that the person is still to have one."))
		}
	}
	return nil
}

// ours are the keys of those people whom invitations of ours, of this kind, made.
func (s *Service) ours(ctx context.Context, people []directory.Person, kind predicate.Invitation) (map[string]bool, error) {
	ids := make([]uuid.UUID, 0, len(people))
	for _, p := range people {
		if id, err := uuid.Parse(p.Key); err == nil {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := s.DB.Invitation.Query().Where(database.OneOfIDs(invitation.FieldID, ids), kind).IDs(access.System(ctx))
	if err != nil {
		return nil, fmt.Errorf("look for our invitations: %w", err)
	}
	keys := make(map[string]bool, len(found))
	for _, id := range found {
		keys[id.String()] = true
	}
	return keys, nil
}

// withoutWithdrawing leaves out people whom a cancelled invitation of ours made
// and who are on their way out: they hold nothing any more.
func (s *Service) withoutWithdrawing(ctx context.Context, people []directory.Person) ([]directory.Person, error) {
	leaving, err := s.ours(ctx, people, invitation.Withdrawing(true))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(people, func(p directory.Person) bool { return p.State != directory.Active && leaving[p.Key] }), nil
}
