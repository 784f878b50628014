package userpool_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// watched has threat protection in the mode that only takes note.
func watched(in *idp.CreateUserPoolInput) {
	in.UserPoolAddOns = &types.UserPoolAddOnsType{AdvancedSecurityMode: types.AdvancedSecurityModeTypeAudit}
	in.AutoVerifiedAttributes = []types.VerifiedAttributeType{"email"}
}

func (w *world) events(pool *types.UserPoolType, name string) (list []types.AuthEventType) {
	w.t.Helper()
	in := &idp.AdminListUserAuthEventsInput{UserPoolId: pool.Id, Username: &name}
	for {
		out := must(w.AdminListUserAuthEvents(w.t.Context(), in))(w.t)
		list = append(list, out.AuthEvents...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return list
		}
	}
}

// told is an event in short: SignIn Pass Password:Success.
func told(e types.AuthEventType) string {
	text := string(e.EventType) + " " + string(e.EventResponse)
	for _, a := range e.ChallengeResponses {
		text += " " + string(a.ChallengeName) + ":" + string(a.ChallengeResponse)
	}
	return text
}

func (w *world) tells(pool *types.UserPoolType, name string, want ...string) {
	w.t.Helper()
	var got []string
	for _, e := range w.events(pool, name) {
		got = append(got, told(e))
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		w.t.Errorf("the events of %s are\n%q, want\n%q", name, got, want)
	}
}

func TestWhatHappensToAUserIsToldLastFirst(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(watched)
		c := w.client(pool, nil)
		name := "ann"
		must(w.signUp(c, name, "email", "ann@example.com"))(t)
		must(w.resend(c, name))(t)
		_, err := w.signIn(c, name, password)
		refused(t, err, "UserNotConfirmedException", "")
		if err := w.confirm(c, name, w.outbox.last(t).Code); err != nil {
			t.Fatal(err)
		}
		_, err = w.signIn(c, name, "Wrong-Horse-7")
		refused(t, err, "NotAuthorizedException", "")
		token := w.tokens(c, name).AccessToken
		must(w.ChangePassword(t.Context(), &idp.ChangePasswordInput{AccessToken: token, PreviousPassword: aws.String(password), ProposedPassword: aws.String("Another-Horse-8")}))(t)
		_, err = w.ChangePassword(t.Context(), &idp.ChangePasswordInput{AccessToken: token, PreviousPassword: aws.String(password), ProposedPassword: aws.String("Third-Horse-8")})
		refused(t, err, "NotAuthorizedException", "")
		must(w.forgot(c, name))(t)
		code := w.outbox.last(t).Code
		if w.recover(c, name, "000000", "Third-Horse-8") == nil {
			t.Fatal("a wrong code was good")
		}
		if err := w.recover(c, name, code, "Third-Horse-8"); err != nil {
			t.Fatal(err)
		}
		w.tells(pool, name, "ForgotPassword Pass", "ForgotPassword Fail", "ForgotPassword InProgress", "PasswordChange Fail", "PasswordChange Pass",
			"SignIn Pass Password:Success", "SignIn Fail Password:Failure", "SignIn Fail Password:Success", "ResendCode Pass", "SignUp Pass")

		e := w.events(pool, name)[0]
		if e.EventRisk.RiskDecision != "NoRisk" || *e.EventRisk.CompromisedCredentialsDetected || e.EventRisk.RiskLevel != "" {
			t.Errorf("the risk is %+v", e.EventRisk)
		}
		if d := e.EventContextData; *d.IpAddress != "127.0.0.1" || !strings.HasPrefix(*d.DeviceName, "aws-sdk-go-v2") || d.City != nil || d.Country != nil {
			t.Errorf("the context is %+v", d)
		}
		// They go with their user.
		_ = w.removeUsers(pool, name)
		if n := w.rows("user_pool_auth_events"); n != 0 {
			t.Errorf("%d events are left of a user who is gone", n)
		}
	})
}

// A sign-in in several calls is one event, which ends as the sign-in does. A
// proof by SRP counts as its password.
func TestASignInOfSeveralCallsIsOneEvent(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(watched)
	c := w.client(pool, nil)
	must(w.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("ann"), TemporaryPassword: aws.String(password), MessageAction: "SUPPRESS"}))(t)
	asked := must(w.signIn(c, "ann", password))(t)
	w.tells(pool, "ann", "SignIn InProgress Password:Success")
	first := *w.events(pool, "ann")[0].EventId
	_, err := w.answer(c, asked.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "short"})
	refused(t, err, "InvalidPasswordException", "")
	must(w.answer(c, asked.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Another-Horse-8"}))(t)
	w.tells(pool, "ann", "SignIn Fail Password:Success", "SignIn Pass Password:Success")
	if last := w.events(pool, "ann"); *last[1].EventId != first {
		t.Error("the event has another id than when it began")
	}

	srp := w.srpClient(pool, nil)
	must(w.AdminSetUserPassword(t.Context(), &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann"), Password: aws.String(password), Permanent: true}))(t)
	if _, err := w.signInBySRP(srp, "ann", "Wrong-Horse-7"); err == nil {
		t.Error("a wrong proof was good")
	}
	must(w.signInBySRP(srp, "ann", password))(t)
	if got := w.events(pool, "ann"); told(got[0]) != "SignIn Pass Password:Success" || told(got[1]) != "SignIn Fail Password:Failure" {
		t.Errorf("by SRP: %s, %s", told(got[0]), told(got[1]))
	}
	// That somebody begins in a person's name, or refreshes, is no event.
	before := len(w.events(pool, "ann"))
	must(w.startSRP(srp, "ann"))(t)
	tokens := w.tokens(c, "ann")
	must(w.refresh(c, *tokens.RefreshToken))(t)
	if n := len(w.events(pool, "ann")); n != before+1 {
		t.Errorf("%d events more, want the sign-in", n-before)
	}
}

// Who guesses at a person's password must neither fill the disk nor crowd out
// what the person did.
func TestEventsAreBounded(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(watched)
		c := w.client(pool, nil)
		w.user(pool, "ann")
		_ = w.tokens(c, "ann")
		for range 12 { // each time that they are written
			for range 30 {
				_, _ = w.signIn(c, "ann", "Wrong-Horse-7")
			}
			if err := w.service.WriteEvents(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.clock.Advance(time.Minute)
		}
		list := w.events(pool, "ann")
		if n := len(list); n != 101 {
			t.Errorf("%d events are kept, want 100 failures and the sign-in", n)
		}
		if got := told(list[len(list)-1]); got != "SignIn Pass Password:Success" {
			t.Errorf("the first is %s", got)
		}
		for i := range 1000 {
			_, _ = w.signIn(c, fmt.Sprint("stranger", i%50), "Wrong-Horse-7")
		}
		if err := w.service.WriteEvents(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.rows("user_pool_auth_events"); n != 101 {
			t.Errorf("%d rows, want none of people who do not exist", n)
		}
		w.clock.Advance(91 * 24 * time.Hour)
		if err := w.service.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.rows("user_pool_auth_events"); n != 0 {
			t.Errorf("%d events are older than they may be", n)
		}
	})
}

// Neither does who asks for codes in somebody's name, from wherever they can.
func TestStrangersCrowdOutNoEvents(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(watched)
	c := w.client(pool, nil)
	w.proved(pool, "ann")
	_ = w.tokens(c, "ann")
	for range 7 {
		for i := range 4 {
			there := w.from(fmt.Sprintf("127.0.1.%d", i+1))
			for range 5 {
				must(there.forgot(c, "ann"))(t)
			}
		}
		if err := w.service.WriteEvents(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Hour)
	}
	list := w.events(pool, "ann")
	if n := len(list); n != 101 {
		t.Errorf("%d events are kept, want 100 of strangers and the sign-in", n)
	}
	if got := told(list[len(list)-1]); got != "SignIn Pass Password:Success" {
		t.Errorf("the first is %s", got)
	}
}

func TestEventsInPages(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(watched)
	c := w.client(pool, nil)
	w.user(pool, "ann")
	w.user(pool, "bob")
	for range 7 {
		_ = w.tokens(c, "ann")
	}
	in := &idp.AdminListUserAuthEventsInput{UserPoolId: pool.Id, Username: aws.String("ann"), MaxResults: aws.Int32(3)}
	seen := map[string]bool{}
	last := "~"
	for _, want := range []int{3, 3, 1} {
		out := must(w.AdminListUserAuthEvents(t.Context(), in))(t)
		if len(out.AuthEvents) != want || (out.NextToken == nil) != (want == 1) {
			t.Fatalf("a page of %d, want %d", len(out.AuthEvents), want)
		}
		for _, e := range out.AuthEvents {
			if seen[*e.EventId] || *e.EventId >= last {
				t.Errorf("%s comes after %s", *e.EventId, last)
			}
			seen[*e.EventId], last = true, *e.EventId
		}
		if in.NextToken = out.NextToken; want == 3 {
			_, err := w.AdminListUserAuthEvents(t.Context(), &idp.AdminListUserAuthEventsInput{UserPoolId: pool.Id, Username: aws.String("bob"), NextToken: out.NextToken})
			refused(t, err, "InvalidParameterException", "")
		}
	}
	in.NextToken, in.MaxResults = nil, aws.Int32(61)
	_, err := w.AdminListUserAuthEvents(t.Context(), in)
	refused(t, err, "InvalidParameterException", "")
}

func TestFeedback(t *testing.T) {
	w := newWorld(t)
	pool, silent := w.pool(watched), w.pool(nil)
	c := w.client(pool, nil)
	w.user(pool, "ann")
	w.user(pool, "bob")
	w.user(silent, "ann")
	_ = w.tokens(c, "ann")
	id := w.events(pool, "ann")[0].EventId
	give := func(pool *types.UserPoolType, name, id string, value types.FeedbackValueType) error {
		_, err := w.AdminUpdateAuthEventFeedback(t.Context(), &idp.AdminUpdateAuthEventFeedbackInput{UserPoolId: pool.Id, Username: &name, EventId: &id, FeedbackValue: value})
		return err
	}
	if err := give(pool, "ann", *id, "Invalid"); err != nil {
		t.Fatal(err)
	}
	if f := w.events(pool, "ann")[0].EventFeedback; f == nil || f.FeedbackValue != "Invalid" || *f.Provider != "Admin" || f.FeedbackDate == nil {
		t.Errorf("the feedback is %+v", f)
	}
	refused(t, give(pool, "ann", *id, "Perhaps"), "InvalidParameterException", "")
	refused(t, give(pool, "ann", "none", "Valid"), "ResourceNotFoundException", "")
	refused(t, give(pool, "bob", *id, "Valid"), "ResourceNotFoundException", "")
	refused(t, give(silent, "ann", *id, "Valid"), "UserPoolAddOnNotEnabledException", "")
	_, err := w.AdminListUserAuthEvents(t.Context(), &idp.AdminListUserAuthEventsInput{UserPoolId: silent.Id, Username: aws.String("ann")})
	refused(t, err, "UserPoolAddOnNotEnabledException", "")
	_, err = w.UpdateAuthEventFeedback(t.Context(), &idp.UpdateAuthEventFeedbackInput{UserPoolId: pool.Id, Username: aws.String("ann"), EventId: id, FeedbackToken: aws.String("x"), FeedbackValue: "Valid"})
	refused(t, err, "NotAuthorizedException", "")
}

// Where a server signs a person in, the event is of the person as the server
// tells it, or of nobody's address.
func TestEventsOfPeopleBehindAServer(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(watched)
	c := w.client(pool, nil)
	w.user(pool, "ann")
	in := &idp.AdminInitiateAuthInput{
		UserPoolId: pool.Id, ClientId: c.ClientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password},
	}
	must(w.AdminInitiateAuth(t.Context(), in))(t)
	in.ContextData = &types.ContextDataType{
		IpAddress: aws.String("2001:db8::7"), ServerName: aws.String("s"), ServerPath: aws.String("/"),
		HttpHeaders: []types.HttpHeader{{HeaderName: aws.String("user-agent"), HeaderValue: aws.String("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36")}},
	}
	must(w.AdminInitiateAuth(t.Context(), in))(t)
	list := w.events(pool, "ann")
	if d := list[0].EventContextData; *d.IpAddress != "2001:db8::7" || *d.DeviceName != "Chrome 126, Windows 10" {
		t.Errorf("the person's context is %s, %s", *d.IpAddress, *d.DeviceName)
	}
	if d := list[1].EventContextData; d.IpAddress != nil || d.DeviceName != nil {
		t.Errorf("the server's address and agent pass for the person's: %+v", d)
	}
}
