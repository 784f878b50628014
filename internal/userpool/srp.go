package userpool

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/srp"
	"github.com/sallyport/sallyport/internal/store"
)

// exchange is a sign-in by SRP between its two calls. Nothing of it is kept here:
// the client carries it, sealed, as its SECRET_BLOCK. Its length tells the client
// only what it knows: the name that it sent and the one that it was told.
type exchange struct {
	Expires int64  // Unix milliseconds
	Sub     string // of nobody, if there is no such user
	Typed   string // USERNAME of the first call, folded
	Name    string // USER_ID_FOR_SRP
	Public  []byte // A
	Offer   srp.Offer
	Device  string `json:",omitempty"` // DEVICE_KEY of the first call
	Custom  bool   `json:",omitempty"` // the pool's functions lead the sign-in, and say what is next
}

const (
	// proofWindow is how far the time in a proof may be from ours. It is in force for
	// the sake of being AWS's; what makes a proof good once is the used-up block.
	proofWindow = 5 * time.Minute
	maxBlock    = 32 << 10 // characters of a SECRET_BLOCK
)

func blockOwner(a attempt) string { return "srp/" + a.pool.ID + "/" + a.client.ID }

// blockSession is the session that goes with a block. Many clients leave it out.
func (s *Service) blockSession(block []byte) string {
	return base64.RawURLEncoding.EncodeToString(s.keys.MAC(keyring.Tokens, "srp-session", string(block)))
}

// offerSRP begins USER_SRP_AUTH. Who does not exist, is disabled (for clients that
// hide who exists) or has no verifier gets an offer like anyone else's, which no
// password answers.
func (s *Service) offerSRP(ctx context.Context, call *access.Call, a attempt) (*answered, error) {
	typed := a.parameters["USERNAME"]
	switch {
	case typed == "":
		return nil, invalid(textUsernameRequired)
	case len(typed) > maxName:
		return nil, invalid("USERNAME is too long.")
	case a.parameters["SRP_A"] == "":
		return nil, invalid(textMissing("SRP_A"))
	}
	if err := a.client.checkSecretHash(a.parameters["SECRET_HASH"], typed); err != nil {
		return nil, s.refused(call, "secret hash", err)
	}
	public, err := srp.ParseNumber(a.parameters["SRP_A"])
	if err != nil {
		return nil, s.refused(call, "password proof", invalid(textBadSRPA))
	}
	u, err := findUser(ctx, s.db, a.pool.Pool, typed)
	if err != nil {
		return nil, err
	}
	key, err := s.countedAs(a.pool.Pool, u, typed)
	if err != nil {
		return nil, err
	}
	now := latest(call.Time, s.clock.Now())
	if _, err := s.admit(ctx, a, u, s.guessesFor(a.pool.ID, key, a.address, a.shared), now); err != nil {
		return nil, s.refused(call, "password proof", err)
	}
	if u == nil && !a.client.HideUsers {
		return nil, s.refused(call, "password proof", noUser())
	}
	if u, err = s.preAuthenticate(ctx, call, a, u, typed); err != nil {
		return nil, s.refused(call, "password proof", err)
	}
	done, err := s.openExchange(ctx, call, a, u, public)
	if err != nil {
		return nil, err
	}
	call.Record.Note("password proof", audit.Passed, "asked for", call.Time)
	return done, nil
}

// openExchange answers with PASSWORD_VERIFIER. u is nil for nobody.
func (s *Service) openExchange(ctx context.Context, call *access.Call, a attempt, u *User, public []byte) (*answered, error) {
	e := &exchange{Typed: a.pool.fold(a.parameters["USERNAME"]), Public: public, Custom: a.progress.Custom, Device: a.deviceKey(), Expires: call.Time.Add(a.client.sessionValidity()).UnixMilli()}
	var err error
	if e.Name, e.Sub, err = s.srpName(a, u, e.Typed); err != nil {
		return nil, err
	}
	salt, verifier, real, err := s.verifierFor(a.pool.Pool, u, e)
	if err != nil {
		return nil, err
	}
	if u != nil && !real {
		call.Record.Note("password proof", audit.Passed, "user "+u.Sub+" has no verifier: their password was set while no client used SRP, and makes one when they sign in with it", call.Time)
	}
	done, err := s.passwords.turn(ctx)
	if err != nil {
		return nil, err
	}
	e.Offer, err = srp.NewOffer(s.random, verifier)
	done()
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	block, err := s.keys.Seal(keyring.Tokens, blockOwner(a), plain)
	if err != nil {
		return nil, err
	}
	return &answered{
		challenge: types.ChallengeNameTypePasswordVerifier,
		session:   s.blockSession(block),
		parameters: map[string]string{
			"SALT":            hex.EncodeToString(salt),
			"SRP_B":           hex.EncodeToString(e.Offer.Public),
			"SECRET_BLOCK":    base64.StdEncoding.EncodeToString(block),
			"USER_ID_FOR_SRP": e.Name,
			"USERNAME":        e.Name,
		},
	}, nil
}

// proveSRP answers PASSWORD_VERIFIER. The block is what knows the exchange again;
// a session may come with it.
func (s *Service) proveSRP(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	claim, err := a.passwordClaim()
	if err != nil {
		return nil, err
	}
	e, err := s.readExchange(a, claim.block, r.session, call.Time)
	if err != nil {
		return nil, err
	}
	if err := s.inTime(claim); err != nil {
		return nil, err
	}
	claimed, err := findUser(ctx, s.db, a.pool.Pool, e.Sub)
	if err != nil {
		return nil, err
	}
	key, err := s.countedAs(a.pool.Pool, claimed, e.Typed)
	if err != nil {
		return nil, err
	}
	if err := a.neverSet(claimed); err != nil {
		return nil, err
	}
	u, err := s.guess(ctx, call, a, claimed, key, func() (bool, error) {
		if err := s.useUp(ctx, a, e, claim.block); err != nil {
			return false, err
		}
		right, err := s.holds(ctx, a.pool.Pool, claimed, e, claim.proof, claim.block, srp.FormatTime(claim.at))
		return right && e.names(a.pool.Pool, claimed, r.username), err
	})
	if err != nil {
		return nil, err
	}
	if e.Device != "" {
		a.progress.DeviceKey = e.Device
	}
	if e.Custom {
		rounds := []round{{Name: roundSRP, Right: true}, {Name: roundPassword, Right: true}}
		return s.lead(ctx, call, a, u, &led{Typed: e.Typed, Told: e.Name, Rounds: rounds})
	}
	return s.next(ctx, call, a, u)
}

// readExchange opens a block that was made for this client and is not late.
func (s *Service) readExchange(a attempt, block []byte, session string, now time.Time) (*exchange, error) {
	plain, err := s.keys.Open(keyring.Tokens, blockOwner(a), block)
	if errors.Is(err, keyring.ErrUnreadable) {
		return nil, notAuthorized(textWrongPassword)
	}
	if err != nil {
		return nil, err
	}
	e := new(exchange)
	switch err := json.Unmarshal(plain, e); {
	case err != nil:
		return nil, err
	case session != "" && session != s.blockSession(block):
		return nil, notAuthorized(textSessionInvalid)
	case now.UnixMilli() >= e.Expires:
		return nil, notAuthorized(textSessionExpired)
	}
	return e, nil
}

// useUp makes this answer to the block the only one, right or wrong, on every
// node: before anything is computed with its secret.
func (s *Service) useUp(ctx context.Context, a attempt, e *exchange, block []byte) error {
	err := challengeTable.Insert(ctx, s.db, &Challenge{
		ID: hex.EncodeToString(s.keys.MAC(keyring.Tokens, "srp-block", string(block))), PoolID: a.pool.ID, ClientID: a.client.ID,
		Sub: e.Sub, Name: string(types.ChallengeNameTypePasswordVerifier), Expires: e.Expires,
	})
	if errors.Is(err, store.ErrExists) {
		return notAuthorized(textSessionInvalid)
	}
	return err
}

// holds does the arithmetic; for nobody, too, at the same price.
func (s *Service) holds(ctx context.Context, p *Pool, u *User, e *exchange, proof, block []byte, timestamp string) (bool, error) {
	_, verifier, real, err := s.verifierFor(p, u, e)
	if err != nil {
		return false, err
	}
	done, err := s.passwords.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	key, err := e.Offer.Key(verifier, e.Public)
	if err != nil {
		return false, err
	}
	return key.Proves(proof, p.identity(e.Name), block, timestamp) && real, nil
}

// names says whether USERNAME of the answer is whom the exchange is about.
func (e *exchange) names(p *Pool, u *User, username string) bool {
	name := p.fold(username)
	if u == nil {
		return false
	}
	_, theirs := p.names(u)[name]
	return theirs || name == e.Typed || name == p.fold(e.Name)
}
