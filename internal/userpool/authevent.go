package userpool

import (
	"errors"
	"io"
	"net/netip"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
)

// AuthEvent is one sign-in, or one step of a recovery, as AdminListUserAuthEvents
// shows it. Nothing here knows in which city an address is, so that is absent.
type AuthEvent struct {
	ID, PoolID, Sub string // the id begins with the time: UUID version 7
	At              time.Time
	Kind            types.EventType
	Response        types.EventResponseType
	Answers         []eventAnswer `json:",omitempty"`
	Address         string        `json:",omitempty"` // "": of a server that signs people in
	Device          string        `json:",omitempty"`
	Compromised     bool          `json:",omitempty"` // the password is on the operator's list
	Blocked         bool          `json:",omitempty"` // and was refused for it
	Feedback        *eventFeedback
}

// eventAnswer is what came of one secret that was asked for.
type eventAnswer struct {
	Name  types.ChallengeName
	Right bool
}

// eventFeedback is what an administrator thinks of an event.
type eventFeedback struct {
	Value types.FeedbackValueType
	At    time.Time
}

// What is kept of events. Those that anybody can make happen have a share of their
// own: nobody who guesses at a person's password, or asks for codes in their name,
// can crowd out what that person did.
const (
	keepEvents   = 90 * 24 * time.Hour
	keepOfUser   = 500
	keepFailures = 100
)

// failed is whether the event is one of those: it took no proof.
func (e *AuthEvent) failed() bool {
	asked := e.Kind == types.EventTypeForgotPassword && e.Response == types.EventResponseTypeInProgress
	return e.Response == types.EventResponseTypeFail || asked || e.Kind == types.EventTypeResendCode
}

func (e *AuthEvent) shape() types.AuthEventType {
	out := types.AuthEventType{
		EventId: &e.ID, EventType: e.Kind, EventResponse: e.Response, CreationDate: &e.At,
		ChallengeResponses: []types.ChallengeResponseType{},
		EventContextData:   &types.EventContextDataType{IpAddress: optional(e.Address), DeviceName: optional(e.Device)},
		EventRisk:          &types.EventRiskType{RiskDecision: types.RiskDecisionTypeNoRisk, CompromisedCredentialsDetected: &e.Compromised},
	}
	if e.Blocked {
		out.EventRisk.RiskDecision = types.RiskDecisionTypeBlock
	}
	for _, a := range e.Answers {
		answer := types.ChallengeResponseFailure
		if a.Right {
			answer = types.ChallengeResponseSuccess
		}
		out.ChallengeResponses = append(out.ChallengeResponses, types.ChallengeResponseType{ChallengeName: a.Name, ChallengeResponse: answer})
	}
	if f := e.Feedback; f != nil {
		out.EventFeedback = &types.EventFeedbackType{FeedbackValue: f.Value, FeedbackDate: &f.At, Provider: ptr("Admin")}
	}
	return out
}

// newEvent is an event of now, nil where the pool's threat protection is off.
func (s *Service) newEvent(call *access.Call, p *Pool, kind types.EventType, from netip.Addr, agent string) *AuthEvent {
	if !p.watches() {
		return nil
	}
	id, err := s.eventID(call.Time)
	if err != nil {
		return nil // without randomness the call itself fails, too
	}
	e := &AuthEvent{ID: id, PoolID: p.ID, At: call.Time, Kind: kind, Device: deviceName(agent)}
	if from.IsValid() {
		e.Address = from.Unmap().WithZone("").String()
	}
	return e
}

// eventID is a UUID version 7 (RFC 9562): in the order of time, those of one
// millisecond in the order in which they were made.
func (s *Service) eventID(now time.Time) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.random, b[6:]); err != nil {
		return "", err
	}
	ms, turn := uint64(now.UnixMilli()), s.events.turn.Add(1)
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6], b[7], b[8] = 0x70|byte(turn>>8)&0x0f, byte(turn), b[8]&0x3f|0x80
	return uuidText(b), nil
}

// note records what came of an operation of a user; err that is none of the
// caller's doing is no event.
func (s *Service) note(call *access.Call, p *Pool, sub string, kind types.EventType, response types.EventResponseType, err error) {
	e := s.newEvent(call, p, kind, call.Source, call.UserAgent)
	if e == nil || err != nil && !isRefusal(err) {
		return
	}
	if e.Sub, e.Response = sub, response; err != nil {
		e.Response = types.EventResponseTypeFail
	}
	s.events.add(e)
}

// noteOf is note for whom somebody without credentials named. Nobody has no events.
func (s *Service) noteOf(call *access.Call, n *named, kind types.EventType, response types.EventResponseType, err error) {
	if n.user != nil {
		s.note(call, n.pool.Pool, n.user.Sub, kind, response, err)
	}
}

// signInEvent is the event of a sign-in that is under way. A nil one takes
// everything and notes nothing.
type signInEvent struct {
	AuthEvent
	asks  types.ChallengeName // what this call is an answer to; "" is neither
	tried bool                // whether the answer was looked at
	later bool                // an earlier call has noted the event
}

// carriedEvent is what a challenge takes to the next call.
type carriedEvent struct {
	ID      string
	At      time.Time
	Answers []eventAnswer `json:",omitempty"`
	Noted   bool          `json:",omitempty"`
}

// of says whose sign-in it is. Before something was tried or proved nobody does:
// that somebody named a user is no event of that user.
func (e *signInEvent) of(u *User) {
	if e != nil && u != nil {
		e.Sub = u.Sub
	}
}

// answered notes that a secret was looked at.
func (e *signInEvent) answered(right bool) {
	if e != nil && e.asks != "" && !e.tried {
		e.Answers, e.tried = append(e.Answers, eventAnswer{e.asks, right}), true
	}
}

func (e *signInEvent) compromised(refused bool) {
	if e != nil {
		e.Compromised, e.Blocked = true, refused
	}
}

func (e *signInEvent) carried() *carriedEvent {
	if e == nil {
		return nil
	}
	return &carriedEvent{ID: e.ID, At: e.At, Answers: e.Answers, Noted: e.Sub != ""}
}

// resume goes on with the event that a challenge was opened in.
func (e *signInEvent) resume(ch *Challenge, u *User) {
	if e == nil {
		return
	}
	e.of(u)
	if c := ch.Event; c != nil {
		e.Answers, e.later = append(c.Answers, e.Answers...), c.Noted
		e.ID, e.At = c.ID, c.At
	}
}

// end notes what came of a call of the sign-in. What is noted of a sign-in that
// waits for its next step gives way to how it ends; a wrong answer in between
// stands for itself.
func (s *Service) end(e *signInEvent, done *answered, err error, call *access.Call) {
	var mismatch *types.CodeMismatchException
	switch {
	case e == nil || e.Sub == "" || err != nil && !isRefusal(err):
		return
	case errors.As(err, &mismatch):
		e.answered(false)
	}
	switch {
	case err != nil:
		if e.Response = types.EventResponseTypeFail; e.later {
			id, err := s.eventID(call.Time)
			if err != nil {
				return
			}
			e.ID, e.At = id, call.Time
		}
	case done.result != nil:
		e.Response = types.EventResponseTypePass
	default:
		e.Response = types.EventResponseTypeInProgress
	}
	s.events.add(&e.AuthEvent)
}
