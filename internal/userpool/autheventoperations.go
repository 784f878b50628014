package userpool

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

// passwordChallenges and codeChallenges are what events call Password and Mfa.
var (
	passwordChallenges = []types.ChallengeNameType{
		types.ChallengeNameTypePasswordVerifier, types.ChallengeNameTypePassword, types.ChallengeNameTypePasswordSrp, types.ChallengeNameTypeAdminNoSrpAuth,
	}
	codeChallenges = []types.ChallengeNameType{
		types.ChallengeNameTypeSmsMfa, types.ChallengeNameTypeSoftwareTokenMfa, types.ChallengeNameTypeEmailOtp, types.ChallengeNameTypeSmsOtp,
	}
)

// initiate is begin with what stands around every sign-in: addresses that are
// kept out, and the event.
func (s *Service) initiate(ctx context.Context, call *access.Call, a attempt, flow types.AuthFlowType) (*answered, error) {
	if err := s.refuseAddress(call, a.pool.Pool, a.client.Client, a.address, a.shared); err != nil {
		return nil, err
	}
	a.event = s.newSignIn(call, a, types.ChallengeNamePassword)
	done, err := s.begin(ctx, call, a, flow)
	s.end(a.event, done, err, call)
	return done, err
}

// answer is respond, likewise.
func (s *Service) answer(ctx context.Context, call *access.Call, a attempt, name types.ChallengeNameType, session string) (*answered, error) {
	if err := s.refuseAddress(call, a.pool.Pool, a.client.Client, a.address, a.shared); err != nil {
		return nil, err
	}
	a.event = s.newSignIn(call, a, asked(name, a.parameters["ANSWER"]))
	done, err := s.respond(ctx, call, a, name, session)
	s.end(a.event, done, err, call)
	return done, err
}

// asked is what events call a challenge; who chooses one may answer it at once.
func asked(name types.ChallengeNameType, chosen string) types.ChallengeName {
	if name == types.ChallengeNameTypeSelectChallenge {
		name = types.ChallengeNameType(chosen)
	}
	switch {
	case slices.Contains(passwordChallenges, name):
		return types.ChallengeNamePassword
	case slices.Contains(codeChallenges, name):
		return types.ChallengeNameMfa
	}
	return ""
}

func (s *Service) newSignIn(call *access.Call, a attempt, asks types.ChallengeName) *signInEvent {
	from, agent := a.address, call.UserAgent
	if a.shared {
		from = netip.Addr{}
	}
	if a.admin {
		agent = a.agent
	}
	e := s.newEvent(call, a.pool.Pool, types.EventTypeSignIn, from, agent)
	if e == nil {
		return nil
	}
	return &signInEvent{AuthEvent: *e, asks: asks}
}

// AdminListUserAuthEvents pages through the events of a user, the last first.
func (s *Service) AdminListUserAuthEvents(ctx context.Context, call *access.Call, in *idp.AdminListUserAuthEventsInput) (*idp.AdminListUserAuthEventsOutput, error) {
	p, u, err := s.watchedUser(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	page, err := s.openPage("AdminListUserAuthEvents", p.ID+"/"+u.Sub, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	if err := s.writeEvents(ctx); err != nil {
		return nil, err
	}
	before := page.After
	if before == "" {
		before = afterEveryEvent
	}
	rows, err := authEventTable.List(ctx, s.db, eventsBefore, p.ID, u.Sub, before, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(e *AuthEvent) string { return e.ID })
	out := &idp.AdminListUserAuthEventsOutput{AuthEvents: []types.AuthEventType{}, NextToken: next}
	for _, e := range rows {
		out.AuthEvents = append(out.AuthEvents, e.shape())
	}
	return out, nil
}

// AdminUpdateAuthEventFeedback keeps what an administrator thinks of an event. It
// is shown with the event; nothing here learns from it.
func (s *Service) AdminUpdateAuthEventFeedback(ctx context.Context, call *access.Call, in *idp.AdminUpdateAuthEventFeedbackInput) (*idp.AdminUpdateAuthEventFeedbackOutput, error) {
	p, u, err := s.watchedUser(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(in.FeedbackValue.Values(), in.FeedbackValue) {
		return nil, invalid(textFeedbackValue)
	}
	if err := s.writeEvents(ctx); err != nil {
		return nil, err
	}
	_, err = authEventTable.Update(ctx, s.db, func(e *AuthEvent) error {
		e.Feedback = &eventFeedback{Value: in.FeedbackValue, At: call.Time}
		return nil
	}, p.ID, u.Sub, deref(in.EventId))
	if errors.Is(err, store.ErrNotFound) {
		return nil, noResource(textNoEvent)
	}
	if err != nil {
		return nil, err
	}
	return &idp.AdminUpdateAuthEventFeedbackOutput{}, nil
}

// UpdateAuthEventFeedback takes no token: at AWS a person gets one with a
// notification, of which none is sent here.
func (s *Service) UpdateAuthEventFeedback(_ context.Context, call *access.Call, _ *idp.UpdateAuthEventFeedbackInput) (*idp.UpdateAuthEventFeedbackOutput, error) {
	return nil, s.refused(call, "feedback token", notAuthorized(textFeedbackToken))
}

func (s *Service) watchedUser(ctx context.Context, call *access.Call, poolID, name *string) (*poolState, *User, error) {
	p, u, err := s.user(ctx, call, poolID, name)
	if err == nil && !p.watches() {
		err = threatsOff()
	}
	return p, u, err
}
