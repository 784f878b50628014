package userpool

import (
	"cmp"
	"context"
	"net/netip"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

// attempt is one step of a sign-in as it came in, by whichever operation.
type attempt struct {
	pool       *poolState
	client     *clientState
	admin      bool // signed with AWS credentials
	parameters map[string]string
	address    netip.Addr // of the person, as far as we know
	shared     bool       // the address is a server's, which signs many people in

	metadata map[string]string // ClientMetadata of this call
	handsOn  bool              // functions of every kind hear it
	progress Progress          // what was proved in the calls before
	session  string            // Session of InitiateAuth: of a sign-up, for USER_AUTH
	agent    string            // the person's user agent, as a trusted server gives it
	event    *signInEvent      // what comes of it; nil: none of a sign-in
}

// told is the ClientMetadata that functions hear of beside those that decide
// whether a sign-in may begin. AWS hands it on from answers to challenges and
// from GetTokensFromRefreshToken, and not from where a sign-in begins.
func (a *attempt) told() map[string]string {
	if a.handsOn {
		return a.metadata
	}
	return nil
}

// answered is how a step ended: with tokens or with a challenge.
type answered struct {
	result     *types.AuthenticationResultType
	challenge  types.ChallengeNameType
	parameters map[string]string
	session    string
	available  []types.ChallengeNameType // beside SELECT_CHALLENGE: what there is to choose from
}

// InitiateAuth starts a sign-in for anyone who knows the client's id.
func (s *Service) InitiateAuth(ctx context.Context, call *access.Call, in *idp.InitiateAuthInput) (*idp.InitiateAuthOutput, error) {
	p, c, err := s.anyClient(in.ClientId)
	if err != nil {
		return nil, err
	}
	a := attempt{pool: p, client: c, parameters: in.AuthParameters, address: call.Source, metadata: in.ClientMetadata, session: deref(in.Session)}
	a.believeClient(in.UserContextData)
	done, err := s.initiate(ctx, call, a, in.AuthFlow)
	if err != nil {
		return nil, err
	}
	return &idp.InitiateAuthOutput{
		AuthenticationResult: done.result, ChallengeName: done.challenge,
		ChallengeParameters: done.shownParameters(), Session: optional(done.session), AvailableChallenges: done.available,
	}, nil
}

// AdminInitiateAuth starts a sign-in for a server with AWS credentials.
func (s *Service) AdminInitiateAuth(ctx context.Context, call *access.Call, in *idp.AdminInitiateAuthInput) (*idp.AdminInitiateAuthOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	c, err := s.client(p, in.ClientId)
	if err != nil {
		return nil, err
	}
	a := attempt{pool: p, client: c, admin: true, parameters: in.AuthParameters, address: call.Source, shared: true, metadata: in.ClientMetadata, session: deref(in.Session)}
	if in.ContextData != nil {
		a.believe(in.ContextData.IpAddress)
		a.agent = agentOf(in.ContextData)
	}
	done, err := s.initiate(ctx, call, a, in.AuthFlow)
	if err != nil {
		return nil, err
	}
	return &idp.AdminInitiateAuthOutput{
		AuthenticationResult: done.result, ChallengeName: done.challenge,
		ChallengeParameters: done.shownParameters(), Session: optional(done.session), AvailableChallenges: done.available,
	}, nil
}

// believe takes the address that a trusted server gives for its user.
func (a *attempt) believe(address *string) {
	if parsed, err := netip.ParseAddr(deref(address)); err == nil {
		a.address, a.shared = parsed, false
	}
}

// believeClient takes the address that a client gives for its user, if the client
// can keep a secret; the secret hash is checked before the address is used.
func (a *attempt) believeClient(data *types.UserContextDataType) {
	if data != nil && a.client.PropagateContext && a.client.confidential() {
		a.believe(data.IpAddress)
	}
}

// shownParameters: AWS answers {} beside tokens, never null.
func (d *answered) shownParameters() map[string]string {
	if d.parameters == nil {
		return map[string]string{}
	}
	return d.parameters
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// begin finds the flow. A flow that is not here says so, to clients that may use it.
func (s *Service) begin(ctx context.Context, call *access.Call, a attempt, flow types.AuthFlowType) (*answered, error) {
	call.Record.Note("flow", audit.Passed, "pool "+a.pool.ID+", client "+a.client.ID, call.Time)
	a.noteDevice()
	disabled := invalid(textFlowDisabled(string(flow)))
	if a.admin {
		disabled = invalid(textBadFlow)
	}
	switch flow {
	case types.AuthFlowTypeUserPasswordAuth:
		if !a.client.allows("ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH") {
			return nil, disabled
		}
		return s.signIn(ctx, call, a)
	case types.AuthFlowTypeAdminUserPasswordAuth, types.AuthFlowTypeAdminNoSrpAuth:
		if !a.admin {
			return nil, invalid(textNotHere)
		}
		if !a.client.allows("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH") {
			return nil, disabled
		}
		return s.signIn(ctx, call, a)
	case types.AuthFlowTypeRefreshTokenAuth, types.AuthFlowTypeRefreshToken:
		if !a.client.mayRefresh() {
			return nil, disabled
		}
		return s.refresh(ctx, call, a)
	case types.AuthFlowTypeUserSrpAuth:
		if !a.client.mayProve() {
			return nil, disabled
		}
		return s.offerSRP(ctx, call, a)
	case types.AuthFlowTypeUserAuth:
		if !a.pool.offersChoice(a.client.Client) {
			return nil, disabled
		}
		return s.chooseFactor(ctx, call, a)
	case types.AuthFlowTypeCustomAuth:
		if !a.client.allows("ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY") {
			return nil, disabled
		}
		return s.leadIn(ctx, call, a)
	default:
		return nil, invalid(textNoFlow(flow))
	}
}

// signIn checks a user name and a password.
func (s *Service) signIn(ctx context.Context, call *access.Call, a attempt) (*answered, error) {
	name, password := a.parameters["USERNAME"], a.parameters["PASSWORD"]
	if name == "" {
		return nil, invalid(textUsernameRequired)
	}
	if password == "" {
		return nil, invalid(textPasswordRequired)
	}
	if err := a.client.checkSecretHash(a.parameters["SECRET_HASH"], name); err != nil {
		return nil, s.refused(call, "secret hash", err)
	}
	u, err := s.prove(ctx, call, a, name, password)
	if err != nil {
		return nil, s.refused(call, "password", err)
	}
	call.Record.Note("password", audit.Passed, "user "+u.Sub, call.Time)
	s.addVerifiers(ctx, a.pool.Pool, u, password)
	return s.next(ctx, call, a, u)
}

// prove returns the user whose name and password these are. Whether a name
// exists shows neither in the time nor, when the client hides it, in the answer.
// Somebody who is in no pool yet may be let in by the pool's migration trigger.
func (s *Service) prove(ctx context.Context, call *access.Call, a attempt, name, password string) (*User, error) {
	u, err := findUser(ctx, s.db, a.pool.Pool, name)
	if err != nil {
		return nil, err
	}
	key, err := s.countedAs(a.pool.Pool, u, name)
	if err != nil {
		return nil, err
	}
	if err := a.neverSet(u); err != nil {
		return nil, err
	}
	if u, err = s.preAuthenticate(ctx, call, a, u, name); err != nil {
		return nil, err
	}
	owner, sealed := "", []byte(nil)
	if u != nil {
		owner, sealed = u.owner(), u.Password
	}
	var migrated *User
	u, err = s.guessWho(ctx, call, a, u, key, func() (*User, bool, error) {
		if len(password) > 4*maxPassword {
			return u, false, nil
		}
		right, err := s.passwords.Matches(ctx, owner, sealed, password)
		if err != nil || right && u != nil || a.handsOn {
			return u, right, err
		}
		if u != nil { // whom the function is not asked about; nobody waits less long
			return u, false, s.waitAsNobody(ctx, a)
		}
		migrated, err = s.migrate(ctx, call, a, name, password)
		return migrated, migrated != nil, err
	})
	if err != nil {
		return nil, err
	}
	if migrated != nil { // not before, for the function would not have known whom it is about
		if u, err = s.preAuthenticate(ctx, call, a, u, name); err != nil || u == nil {
			return nil, cmp.Or(err, notAuthorized(textWrongPassword))
		}
	}
	return u, s.usable(call, a, password)
}

// neverSet tells somebody who was imported, and has no password yet, to get one
// by their address: no password could be right. A client that hides its users
// hears of a wrong password, as of anybody's.
func (a attempt) neverSet(u *User) error {
	if u == nil || !u.Enabled || u.Status != ResetRequired || len(u.Password) > 0 || a.client.HideUsers {
		return nil
	}
	text := textResetRequired
	return &types.PasswordResetRequiredException{Message: &text}
}

// guess lets one attempt at a user's secret through the backoff and counts it if
// it is wrong. u is nil for a user who does not exist, whose attempts are
// counted by key, the folded name, like any other's. matches must cost the same
// for such a user; an error of it is passed on and counts for nothing.
func (s *Service) guess(ctx context.Context, call *access.Call, a attempt, u *User, key string, matches func() (bool, error)) (*User, error) {
	return s.guessWho(ctx, call, a, u, key, func() (*User, bool, error) {
		right, err := matches()
		return u, right, err
	})
}

// guessWho is guess where nobody may turn out to be somebody.
func (s *Service) guessWho(ctx context.Context, call *access.Call, a attempt, u *User, key string, matches func() (*User, bool, error)) (*User, error) {
	wrong := func() error {
		if u == nil && !a.client.HideUsers {
			return noUser()
		}
		return notAuthorized(textWrongPassword)
	}
	a.event.of(u)
	g := s.guessesFor(a.pool.ID, key, a.address, a.shared)
	leave, err := s.queues.enter(ctx, g.ids[0])
	if err != nil {
		return nil, err
	}
	defer leave()
	// The time of the call is when it arrived; after a wait for the turn, locks
	// are held against now.
	now := latest(call.Time, s.clock.Now())
	failedBefore, err := s.admit(ctx, a, u, g, now)
	if err != nil {
		return nil, err
	}
	found, right, err := matches()
	if err != nil {
		return nil, err
	}
	a.event.answered(right)
	if !right || found == nil {
		if err := s.failed(ctx, g, now); err != nil {
			return nil, err
		}
		return nil, wrong()
	}
	if failedBefore {
		if err := s.forget(ctx, g); err != nil {
			return nil, err
		}
	}
	if !found.Enabled { // to who knows the password it is no secret that the account exists
		return nil, notAuthorized(textDisabled)
	}
	return found, nil
}

// admit refuses an attempt that must not even be looked at.
func (s *Service) admit(ctx context.Context, a attempt, u *User, g guesses, now time.Time) (failedBefore bool, err error) {
	locked, failedBefore, err := s.locked(ctx, g, now)
	switch {
	case err != nil:
		return false, err
	case locked && u == nil && !a.client.HideUsers:
		return false, noUser()
	case locked:
		return false, notAuthorized(textLocked)
	case u != nil && !u.Enabled && !a.client.HideUsers:
		return false, notAuthorized(textDisabled)
	}
	return failedBefore, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
