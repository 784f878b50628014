package userpool

import (
	"context"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

// RespondToAuthChallenge answers a challenge of InitiateAuth.
func (s *Service) RespondToAuthChallenge(ctx context.Context, call *access.Call, in *idp.RespondToAuthChallengeInput) (*idp.RespondToAuthChallengeOutput, error) {
	p, c, err := s.anyClient(in.ClientId)
	if err != nil {
		return nil, err
	}
	a := attempt{pool: p, client: c, parameters: in.ChallengeResponses, address: call.Source, metadata: in.ClientMetadata, handsOn: true}
	a.believeClient(in.UserContextData)
	done, err := s.answer(ctx, call, a, in.ChallengeName, deref(in.Session))
	if err != nil {
		return nil, err
	}
	return &idp.RespondToAuthChallengeOutput{
		AuthenticationResult: done.result, ChallengeName: done.challenge,
		ChallengeParameters: done.shownParameters(), Session: optional(done.session),
	}, nil
}

// AdminRespondToAuthChallenge answers a challenge of AdminInitiateAuth.
func (s *Service) AdminRespondToAuthChallenge(ctx context.Context, call *access.Call, in *idp.AdminRespondToAuthChallengeInput) (*idp.AdminRespondToAuthChallengeOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	c, err := s.client(p, in.ClientId)
	if err != nil {
		return nil, err
	}
	a := attempt{pool: p, client: c, admin: true, parameters: in.ChallengeResponses, address: call.Source, shared: true, metadata: in.ClientMetadata, handsOn: true}
	if in.ContextData != nil {
		a.believe(in.ContextData.IpAddress)
		a.agent = agentOf(in.ContextData)
	}
	done, err := s.answer(ctx, call, a, in.ChallengeName, deref(in.Session))
	if err != nil {
		return nil, err
	}
	return &idp.AdminRespondToAuthChallengeOutput{
		AuthenticationResult: done.result, ChallengeName: done.challenge,
		ChallengeParameters: done.shownParameters(), Session: optional(done.session),
	}, nil
}

func (s *Service) respond(ctx context.Context, call *access.Call, a attempt, name types.ChallengeNameType, session string) (*answered, error) {
	username := a.parameters["USERNAME"]
	if username == "" {
		return nil, invalid(textUsernameRequired)
	}
	if err := a.client.checkSecretHash(a.parameters["SECRET_HASH"], username); err != nil {
		return nil, s.refused(call, "secret hash", err)
	}
	if name == "" {
		return nil, invalid("Missing required parameter Challenge Name")
	}
	step, ok := steps(name)
	if !ok {
		return nil, unsupported("The challenge " + string(name))
	}
	done, err := s.reply(ctx, call, a, name, step, username, session)
	if err != nil {
		return nil, s.refused(call, step.name, err)
	}
	call.Record.Note(step.name, audit.Passed, "pool "+a.pool.ID, call.Time)
	return done, nil
}

// reply is an answer to a challenge, whose session was found to be good: this
// client's, for this step and this user, in time, and not used before. Where
// clients answer without a session, challenge and user are nil.
type reply struct {
	username  string // USERNAME, one of the user's names
	session   string
	challenge *Challenge
	user      *User
	hidden    *User // who is meant by the name, where the challenge is nobody's
}

func (s *Service) reply(ctx context.Context, call *access.Call, a attempt, name types.ChallengeNameType, step step, username, session string) (*answered, error) {
	r := reply{username: username, session: session}
	switch {
	case len(session) > maxSession, session == "" && !step.sessionless:
		return nil, notAuthorized(textSessionInvalid)
	case step.sessionless:
		return step.answer(s, ctx, call, a, r)
	case step.anybody:
		if err := s.readAnybodys(ctx, a, &r, name, call.Time); err != nil {
			return nil, err
		}
		a.progress = r.challenge.Progress
		a.event.resume(r.challenge, r.user)
		return step.answer(s, ctx, call, a, r)
	}
	var err error
	if r.challenge, r.user, err = s.readChallenge(ctx, s.db, a, session, name, call.Time); err != nil {
		return nil, err
	}
	named, err := findUser(ctx, s.db, a.pool.Pool, username)
	if err != nil {
		return nil, err
	}
	if named == nil || named.Sub != r.user.Sub {
		return nil, notAuthorized(textSessionInvalid)
	}
	a.progress = r.challenge.Progress
	a.event.resume(r.challenge, r.user)
	return step.answer(s, ctx, call, a, r)
}

// step is how the answer to one challenge is proved. The secret hash and the
// session are checked by then. A step that is content uses the challenge up
// (useChallenge), notes what was proved in a.progress and goes on with next.
type step struct {
	name        string // in the record
	sessionless bool   // clients answer without a session: the challenge has another way to be known again
	anybody     bool   // before a first factor: the challenge may be nobody's, whose user is nil
	answer      func(s *Service, ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error)
}

// steps are the challenges that can be answered.
func steps(name types.ChallengeNameType) (step, bool) {
	switch name {
	case types.ChallengeNameTypeNewPasswordRequired:
		return step{name: "new password", answer: (*Service).setNewPassword}, true
	case types.ChallengeNameTypePasswordVerifier:
		return step{name: "password proof", sessionless: true, answer: (*Service).proveSRP}, true
	case types.ChallengeNameTypeSelectChallenge:
		return step{name: "choice", anybody: true, answer: (*Service).answerChoice}, true
	case types.ChallengeNameTypePassword:
		return step{name: "password", anybody: true, answer: (*Service).answerPassword}, true
	case types.ChallengeNameTypePasswordSrp:
		return step{name: "password proof", anybody: true, answer: (*Service).answerSRP}, true
	case types.ChallengeNameTypeEmailOtp, types.ChallengeNameTypeSmsOtp:
		return step{name: "sign-in code", anybody: true, answer: (*Service).answerCode}, true
	case types.ChallengeNameTypeWebAuthn:
		return step{name: "passkey", anybody: true, answer: (*Service).answerPasskey}, true
	case types.ChallengeNameTypeSmsMfa, types.ChallengeNameTypeSoftwareTokenMfa:
		return step{name: "second factor", answer: (*Service).answerSecond}, true
	case types.ChallengeNameTypeSelectMfaType:
		return step{name: "choice of second factor", answer: (*Service).chooseSecond}, true
	case types.ChallengeNameTypeMfaSetup:
		return step{name: "second factor setup", answer: (*Service).finishSetup}, true
	case types.ChallengeNameTypeDeviceSrpAuth:
		return step{name: "device", answer: (*Service).offerDeviceSRP}, true
	case types.ChallengeNameTypeDevicePasswordVerifier:
		return step{name: "device proof", answer: (*Service).proveDevice}, true
	case types.ChallengeNameTypeCustomChallenge:
		return step{name: "custom challenge", sessionless: true, answer: (*Service).answerCustom}, true
	}
	return step{}, false
}
