package main

import "testing"

// The browser's tests use the portal as people do, in one Chromium, each with a
// profile and an officer of its own on a server that they share.
func TestBrowser(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	shared := servePortal(t, databases["SQLite"](t))
	for name, test := range map[string]func(*testing.T, *chromium, *portal){
		"the main job with JavaScript":                                mainJobSmoothly,
		"the main job without JavaScript":                             mainJobPlainly,
		"the main job by keyboard":                                    mainJobByKeyboard,
		"errors stand beside their fields and what was typed stays":   errorsBesideFields,
		"errors without JavaScript":                                   errorsPlainly,
		"a vendor is told why not to sign in":                         vendorTurnedAway,
		"a session that ends while a form is filled in":               sessionEnds,
		"a session that ends, without JavaScript":                     sessionEndsPlainly,
		"an impatient click":                                          impatientClick,
		"an impatient click without JavaScript":                       impatientClickPlainly,
		"markup is shown as text":                                     markupIsText,
		"search, filters and pages":                                   searchAndPages,
		"the review's search, filters and Reset":                      reviewOfList,
		"the status list is searched":                                 statusFound,
		"invitations are changed":                                     statusChanged,
		"invitations are changed without JavaScript":                  statusPlainly,
		"what is stuck stands by itself":                              statusStuck,
		"a status list whose stream is blocked":                       statusWithoutStream,
		"a list goes on while its officer is away":                    listGoesOn,
		"a list whose stream breaks":                                  listWithoutStream,
		"a list without JavaScript":                                   listPlainly,
		"rows are selected, removed and edited":                       rowsAreRemoved,
		"an account starts later":                                     accountStartsLater,
		"suggestions are applied":                                     suggestionsApplied,
		"rows are corrected in Excel":                                 correctionRoundTrip,
		"a list grows by hand and is handed over":                     listByHand,
		"a list grows by hand and is handed over, without JavaScript": listByHandPlainly,
		"a list is stopped, goes on and is undone":                    listStopsAndGoesOn,
		"a list is called back":                                       listIsCalledBack,
		"failed users are retried":                                    failedUsersAreRetried,
		"a session is kept, and ends":                                 sessionIsKept,
		"a session that changes in another tab":                       sessionElsewhere,
		"a form is filled in for its officer":                         formIsFilledIn,
		"signing in at a provider":                                    providerSignIn,
		"signing in at a provider over a form":                        providerOverForm,
		"signing in at a provider over a form, without JavaScript":    providerOverFormPlainly,
		"whom the provider or a rule keeps out":                       keptOutByRules,
		"where an officer is signed in":                               whereSignedIn,
		"pages weigh little":                                          pagesWeighLittle,
		"what was done is found":                                      activityFound,
		"what was done is found, without JavaScript":                  activityPlainly,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c, shared)
		})
	}
	for name, test := range map[string]func(*testing.T, *chromium, *portal){
		"domains and roles":                     accessManaged,
		"tokens":                                tokensManaged,
		"a colleague is away":                   colleagueIsAway,
		"domains and tokens without JavaScript": accessPlainly,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c, servePortal(t, databases["SQLite"](t), administrators))
		})
	}
	t.Run("the main job on PostgreSQL", func(t *testing.T) {
		t.Parallel()
		mainJobSmoothly(t, c, servePortal(t, databases["PostgreSQL"](t)))
	})
	t.Run("every state is accessible", func(t *testing.T) {
		t.Parallel()
		accessibleEverywhere(t, c, servePortal(t, databases["SQLite"](t), sampleDomains, atWalkersPace))
	})
	// The sandbox's clock moves for a whole server.
	t.Run("the other side", func(t *testing.T) {
		t.Parallel()
		otherSide(t, c, servePortal(t, databases["SQLite"](t)))
	})
}
