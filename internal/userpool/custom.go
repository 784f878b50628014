package userpool

import (
	"context"
	"encoding/json"
	"errors"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/srp"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// CUSTOM_AUTH: the pool's functions lead the sign-in. One says after each step
// what is next (define), one makes a challenge (create), one says whether the
// answer is right (verify).
//
//	CUSTOM_AUTH -> define -> CUSTOM_CHALLENGE -> create -> session ... answer -> verify -> define -> ...
//	                  |----> PASSWORD_VERIFIER, where the client began with SRP_A ... proof -> define -> ...
//	                  |----> issueTokens -> next: what is due besides, as after any other proof
//	                  '----> failAuthentication
//
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html

// led is how far such a sign-in has come. It lies sealed in the challenge: what a
// function notes of a challenge is often the right answer.
type led struct {
	Typed   string            // USERNAME of the first call, folded
	Told    string            // USERNAME as the client is told it
	Nobody  bool              // the client hides that there is no such user
	Rounds  []round           // what was asked so far, and whether it was answered well
	Private map[string]string // what verify needs for the open challenge
	Note    *string           // what create noted of it
}

// round is a step as events show it.
type round struct {
	Name     string  `json:"challengeName"`
	Right    bool    `json:"challengeResult"`
	Metadata *string `json:"challengeMetadata"`
}

const (
	// maxRounds bounds a sign-in that no function ends.
	maxRounds = 25
	// maxLed is the most bytes that are kept of a sign-in under way: it is a row of
	// the database for everyone who begins one.
	maxLed = 64 << 10

	roundSRP      = "SRP_A"
	roundPassword = string(types.ChallengeNameTypePasswordVerifier)
	roundCustom   = string(types.ChallengeNameTypeCustomChallenge)
)

// leadIn begins CUSTOM_AUTH. Who does not exist, or is disabled, is led on like
// anybody else by a client that hides its users; the functions are told.
func (s *Service) leadIn(ctx context.Context, call *access.Call, a attempt) (*answered, error) {
	typed := a.parameters["USERNAME"]
	switch {
	case typed == "":
		return nil, invalid(textUsernameRequired)
	case len(typed) > maxName:
		return nil, invalid("USERNAME is too long.")
	}
	if err := a.client.checkSecretHash(a.parameters["SECRET_HASH"], typed); err != nil {
		return nil, s.refused(call, "secret hash", err)
	}
	if a.pool.function(trigger.DefineAuthChallenge) == "" {
		return nil, invalid(textNoCustomAuth)
	}
	var rounds []round
	switch first := a.parameters["CHALLENGE_NAME"]; first {
	case "":
	case roundSRP:
		if _, err := srp.ParseNumber(a.parameters["SRP_A"]); err != nil {
			return nil, s.refused(call, "password proof", invalid(textBadSRPA))
		}
		rounds = []round{{Name: roundSRP, Right: true}}
	default:
		return nil, invalid(textBadFirst)
	}
	u, err := findUser(ctx, s.db, a.pool.Pool, typed)
	if err != nil {
		return nil, err
	}
	key, err := s.countedAs(a.pool.Pool, u, typed)
	if err != nil {
		return nil, err
	}
	if _, err := s.admit(ctx, a, u, s.guessesFor(a.pool.ID, key, a.address, a.shared), latest(call.Time, s.clock.Now())); err != nil {
		return nil, s.refused(call, "custom sign-in", err)
	}
	switch {
	case u == nil && !a.client.HideUsers:
		return nil, s.refused(call, "custom sign-in", noUser())
	case u != nil && u.Status == Unconfirmed && !a.client.HideUsers:
		text := textUnconfirmed
		return nil, s.refused(call, "custom sign-in", &types.UserNotConfirmedException{Message: &text})
	case u != nil && !u.Enabled: // the client hides it, or admit had said so
		u = nil
	}
	if u, err = s.preAuthenticate(ctx, call, a, u, typed); err != nil {
		return nil, s.refused(call, "custom sign-in", err)
	}
	l := &led{Typed: a.pool.fold(typed), Nobody: u == nil, Rounds: rounds}
	if l.Told, _, err = s.srpName(a, u, l.Typed); err != nil {
		return nil, err
	}
	a.metadata = nil // AWS gives functions of a challenge the metadata of answers only
	return s.lead(ctx, call, a, u, l)
}

// define, create and verify are what the functions are asked and answer.
type (
	definition struct {
		Challenge *string `json:"challengeName"`
		Issue     *bool   `json:"issueTokens"`
		Fail      *bool   `json:"failAuthentication"`
	}
	creation struct {
		Public   map[string]string `json:"publicChallengeParameters"`
		Private  map[string]string `json:"privateChallengeParameters"`
		Metadata *string           `json:"challengeMetadata"`
	}
	verification struct {
		Right *bool `json:"answerCorrect"`
	}
	// question is the request of all three; each has some of the members.
	question struct {
		Attributes map[string]string  `json:"userAttributes"`
		Name       string             `json:"challengeName,omitempty"`
		Session    *[]round           `json:"session,omitempty"`
		Private    *map[string]string `json:"privateChallengeParameters,omitempty"`
		Answer     *string            `json:"challengeAnswer,omitempty"`
		Metadata   map[string]string  `json:"clientMetadata,omitempty"`
		NotFound   bool               `json:"userNotFound"`
	}
)

// ask runs one of the functions.
func (s *Service) ask(ctx context.Context, call *access.Call, a attempt, u *User, l *led, kind trigger.Kind, q question, response any) error {
	if a.pool.function(kind) == "" {
		return invalid(textNoCustomAuth)
	}
	username := l.Told
	q.Attributes, q.NotFound, q.Metadata = map[string]string{}, l.Nobody, a.metadata
	if u != nil {
		username, q.Attributes = u.Username, a.pool.toldOf(u)
	}
	_, err := s.trigger(ctx, call, occasion{
		pool: a.pool.Pool, client: a.client.ID, kind: kind, what: authentication, username: username, request: q, response: response,
	})
	return err
}

const authentication = "Authentication" // the one occasion of the three

// lead asks what is next and does it. u is nil for nobody, for whom the functions
// are asked all the same and who gets no tokens, whatever they say.
func (s *Service) lead(ctx context.Context, call *access.Call, a attempt, u *User, l *led) (*answered, error) {
	if len(l.Rounds) >= maxRounds {
		return nil, s.refused(call, "custom sign-in", notAuthorized(textWrongPassword))
	}
	rounds := l.Rounds
	if rounds == nil {
		rounds = []round{}
	}
	var next definition
	if err := s.ask(ctx, call, a, u, l, trigger.DefineAuthChallenge, question{Session: &rounds}, &next); err != nil {
		return nil, err
	}
	challenge := deref(next.Challenge)
	switch {
	case deref(next.Fail):
		return nil, s.refused(call, "custom sign-in", notAuthorized(textWrongPassword))
	case deref(next.Issue):
		return s.leadOut(ctx, call, a, u, l)
	case challenge == roundCustom:
		return s.openCustom(ctx, call, a, u, l)
	case challenge == roundPassword && len(l.Rounds) == 1 && l.Rounds[0].Name == roundSRP:
		public, err := srp.ParseNumber(a.parameters["SRP_A"])
		if err != nil {
			return nil, err
		}
		a.progress.Custom = true
		return s.openExchange(ctx, call, a, u, public)
	}
	return nil, s.senseless(call, trigger.DefineAuthChallenge, authentication,
		"it neither issues tokens, nor fails, nor names a challenge that there is at this point")
}

// leadOut is the end that the functions are content with. Failures of before are
// forgotten now, and not at each right answer: else a challenge that anybody can
// answer would give guesses at the next one back.
func (s *Service) leadOut(ctx context.Context, call *access.Call, a attempt, u *User, l *led) (*answered, error) {
	key, err := s.countedAs(a.pool.Pool, u, l.Typed)
	if err != nil {
		return nil, err
	}
	g := s.guessesFor(a.pool.ID, key, a.address, a.shared)
	if u == nil {
		if err := s.failed(ctx, g, latest(call.Time, s.clock.Now())); err != nil {
			return nil, err
		}
		return nil, s.refused(call, "custom sign-in", notAuthorized(textWrongPassword))
	}
	if err := errors.Join(s.forget(ctx, g), s.forget(ctx, s.customGuessesFor(a.pool.ID, key, a.address))); err != nil {
		return nil, err
	}
	call.Record.Note("custom sign-in", audit.Passed, "user "+u.Sub, call.Time)
	a.progress.Custom = true
	return s.next(ctx, call, a, u)
}

// openCustom has a challenge made and keeps it.
func (s *Service) openCustom(ctx context.Context, call *access.Call, a attempt, u *User, l *led) (*answered, error) {
	rounds := l.Rounds
	if rounds == nil {
		rounds = []round{}
	}
	var made creation
	if err := s.ask(ctx, call, a, u, l, trigger.CreateAuthChallenge, question{Name: roundCustom, Session: &rounds}, &made); err != nil {
		return nil, err
	}
	l.Private, l.Note = made.Private, made.Metadata
	plain, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	shown := maps.Clone(made.Public)
	if shown == nil {
		shown = map[string]string{}
	}
	size := len(plain)
	for name, value := range shown {
		size += len(name) + len(value)
	}
	if size > maxLed {
		return nil, s.senseless(call, trigger.CreateAuthChallenge, authentication, "there is too much of it")
	}
	shown["USERNAME"] = l.Told
	session, err := s.openLed(ctx, a, u, l, plain, call.Time)
	if err != nil {
		return nil, err
	}
	return &answered{challenge: types.ChallengeNameTypeCustomChallenge, session: session, parameters: shown}, nil
}

// ledOwner binds what is sealed to its challenge.
func ledOwner(challengeID string) string { return "custom/" + challengeID }

func (s *Service) openSealedLed(ch *Challenge) (*led, error) {
	plain, err := s.keys.Open(keyring.Tokens, ledOwner(ch.ID), ch.Led)
	if err != nil {
		return nil, err
	}
	l := new(led)
	return l, json.Unmarshal(plain, l)
}
